// How the hosts of a run are reached where ssh_config is not asked.
#ifndef SERVICE_PREPARE_PLAIN_WAYS_H_
#define SERVICE_PREPARE_PLAIN_WAYS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "muster/v1/host.pb.h"
#include "service/access/config.h"
#include "service/prepare/access_spec.h"
#include "ssh_engine/host.h"

namespace muster::service {

// By what a login says, and what an inventory says of single hosts (RunHost.ssh_options): of that,
// jump hosts, and keys where they are not a named credential's. Not thread-safe.
class PlainWays {
 public:
  // What counts for all hosts. A value.
  struct Given {
    NamedCredential credential;
    std::string credential_name;               // empty: the caller's own
    std::vector<engine::JumpHost> jump_hosts;  // the nearest first
    bool way_is_given = false;                 // whatever the inventory says of jump hosts
    std::string default_user;                  // of jump hosts that name none
  };

  explicit PlainWays(Given given);

  // Shared by hosts of which the same is said. INVALID_ARGUMENT, without the host's name: the
  // inventory says what is not followed here.
  absl::StatusOr<std::shared_ptr<const AccessSpec>> Find(const v1::RunHost& host);
  // The jump hosts that the inventory gives to those of these hosts that can be reached, each once.
  std::vector<engine::JumpHost> InventoryJumps(const std::vector<v1::RunHost>& hosts);

 private:
  using Options = std::vector<std::string>;

  absl::StatusOr<AccessSpec> Make(const Options& options) const;

  const Given given_;
  absl::flat_hash_map<Options, std::shared_ptr<const AccessSpec>> specs_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_PLAIN_WAYS_H_
