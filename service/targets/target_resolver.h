// From a target expression to the hosts of a run.
#ifndef SERVICE_TARGETS_TARGET_RESOLVER_H_
#define SERVICE_TARGETS_TARGET_RESOLVER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "service/targets/become_check.h"
#include "service/targets/inventory.h"

namespace muster::service {

// A host of a run, before the run's defaults are filled in. A value.
struct ResolvedHost {
  std::string name;     // as shown to the user
  std::string address;  // what to connect to and to look up in known_hosts; without brackets
  std::string user;     // empty: the run's
  uint16_t port = 0;    // 0: the run's
  // What the inventory tells ssh about the way, as by its -o; the first of a keyword counts.
  std::vector<std::string> ssh_options = {};
};

// The hosts of `expression`, in ClusterShell's order, each once. What the expression says of user
// and port goes before what the inventory says. `inventory` may be null. Does not block.
// INVALID_ARGUMENT: malformed, no host at all, or a host whose variables in the inventory ask for
// what Muster, or a run that becomes `run` (BecomeProblem; null: nothing is run), does not do;
// those `ignored` are left out of account. NOT_FOUND: no such group. RESOURCE_EXHAUSTED: more than
// `limit` hosts.
absl::StatusOr<std::vector<ResolvedHost>> ResolveTargets(
    absl::string_view expression, const Inventory* inventory, size_t limit,
    absl::Span<const std::string> ignored = {}, const absl::optional<BecomeOfRun>* run = nullptr);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_TARGET_RESOLVER_H_
