#include "service/targets/target_resolver.h"

#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/node_set.h"

namespace muster::service {
namespace {

using Ignored = absl::Span<const std::string>;

absl::Status CannotBeUsed(const std::string& host, const HostDetails::Problem& problem) {
  return absl::InvalidArgumentError(
      absl::StrCat("the host ", host, " cannot be used as the inventory says: ", problem.text,
                   ". To run without that: targets.ignored_variables ", problem.variable));
}

absl::Status Check(const std::string& host, const HostDetails& details, Ignored ignored,
                   const absl::optional<BecomeOfRun>* run) {
  for (const HostDetails::Problem& problem : details.problems) {
    if (!absl::c_linear_search(ignored, problem.variable)) return CannotBeUsed(host, problem);
  }
  if (run == nullptr) return absl::OkStatus();
  const absl::optional<HostDetails::Problem> problem = BecomeProblem(details, *run, ignored);
  return problem.has_value() ? CannotBeUsed(host, *problem) : absl::OkStatus();
}

absl::StatusOr<ResolvedHost> Resolve(Target target, const Inventory* inventory, Ignored ignored,
                                     const absl::optional<BecomeOfRun>* run) {
  const HostDetails* details = inventory == nullptr ? nullptr : inventory->Find(target.host);
  ResolvedHost host{target.host, std::move(target.host), std::move(target.user), target.port};
  if (details == nullptr) return host;
  if (absl::Status status = Check(host.name, *details, ignored, run); !status.ok()) return status;
  if (!details->address.empty()) host.address = details->address;
  if (host.user.empty()) host.user = details->user;
  if (host.port == 0) host.port = details->port;
  for (const HostDetails::SshOption& option : details->ssh_options) {
    if (!absl::c_linear_search(ignored, option.variable)) host.ssh_options.push_back(option.text);
  }
  return host;
}

}  // namespace

absl::StatusOr<std::vector<ResolvedHost>> ResolveTargets(absl::string_view expression,
                                                         const Inventory* inventory, size_t limit,
                                                         absl::Span<const std::string> ignored,
                                                         const absl::optional<BecomeOfRun>* run) {
  NodeSetOptions options;
  options.groups = inventory;
  options.max_hosts = limit;
  absl::StatusOr<std::vector<Target>> targets = ParseNodeSet(expression, options);
  if (!targets.ok()) return targets.status();
  if (targets->empty()) return absl::InvalidArgumentError("the expression selects no host");

  std::vector<ResolvedHost> hosts;
  hosts.reserve(targets->size());
  // web1 and web1:2222 are the same host where the inventory gives it that port.
  absl::flat_hash_set<std::tuple<std::string, std::string, uint16_t>> seen;
  for (Target& target : *targets) {
    absl::StatusOr<ResolvedHost> host = Resolve(std::move(target), inventory, ignored, run);
    if (!host.ok()) return host.status();
    if (!seen.emplace(host->name, host->user, host->port).second) continue;
    hosts.push_back(*std::move(host));
  }
  return hosts;
}

}  // namespace muster::service
