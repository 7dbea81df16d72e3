// From a run's targets to its hosts.
#ifndef SERVICE_PREPARE_HOST_LIST_H_
#define SERVICE_PREPARE_HOST_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "service/prepare/file_cache.h"
#include "service/targets/become_check.h"

namespace muster::service {

class SshWays;
struct HostQuery;

// For targets of which nothing else says it. A value.
struct HostDefaults {
  std::string user;
  uint32_t port = 22;
  // What ssh_config says counts then: user and port are those that come before it, if any. Null:
  // nobody asks it.
  SshWays* ssh_config = nullptr;
};

// The inventory of an expression, and what for. A value.
struct InventoryUse {
  std::string file = "";  // may be empty: none
  bool anew = true;       // FileCache::GetInventory
  bool for_run = false;   // so that its hosts have to agree with whom the run becomes:
  absl::optional<BecomeOfRun> become = {};  // none: nobody
};

// To be run anew, for such a run.
InventoryUse InventoryFor(const v1::RunSpec& spec);

// The hosts of `targets`, each once, in the order of the expression and then of the list, every
// field set. Blocks: helper threads only. INVALID_ARGUMENT: malformed, past the limit, or no
// host at all, or ssh_config cannot be followed for one; NOT_FOUND: the inventory or a group;
// others of LoadInventory.
absl::StatusOr<std::vector<v1::RunHost>> ListHosts(const v1::TargetSpec& targets,
                                                   const InventoryUse& inventory,
                                                   const HostDefaults& defaults, FileCache* files);

// Hosts of an earlier run are where ssh_config says now. Errors of ListHosts.
absl::Status FollowSshConfig(SshWays* ssh_config, std::vector<v1::RunHost>* hosts);
// What ssh_config is asked for a host; also for one for which it was not asked before.
HostQuery QueryOf(const v1::RunHost& host);

// Whether the expression stands for hosts by itself: no groups, no wildcards. What is said of its
// hosts then tells nobody what the inventory has.
bool NamesHostsOnly(absl::string_view expression);

// For hosts of a run that run again as somebody else: those that were `from`, or whom ssh_config
// gave a user, become `to`. One whose name has the user in it, to tell it from another host of the
// run, keeps it.
void ReplaceUser(const std::string& from, const std::string& to, std::vector<v1::RunHost>* hosts);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_HOST_LIST_H_
