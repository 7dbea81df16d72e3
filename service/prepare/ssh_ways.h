// How ssh would reach the hosts of a run.
#ifndef SERVICE_PREPARE_SSH_WAYS_H_
#define SERVICE_PREPARE_SSH_WAYS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "muster/v1/run.pb.h"
#include "service/prepare/access_spec.h"
#include "service/prepare/match_exec.h"
#include "service/prepare/ssh_algorithms.h"
#include "service/prepare/ssh_credential.h"
#include "service/prepare/unfollowed.h"
#include "service/ssh_config/local_user.h"
#include "service/ssh_config/ssh_config.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/host.h"

namespace muster::service {

// A value.
struct SshWay {
  std::string address;
  std::string user;
  uint16_t port = 22;
  std::string host_key_alias;
  std::shared_ptr<const AccessSpec> access;  // shared by hosts of which the same is said
  std::shared_ptr<const engine::ProxyCommand> proxy_command;  // null: none
  // RequestTTY, SetEnv; null: nothing. Shared by hosts of which the same is said.
  std::shared_ptr<const engine::ChannelSetup> setup;
  std::shared_ptr<const engine::ChannelSetup> setup_with_input;  // of commands that read some
};

// Looks into ssh_config once for each host of a run. Not thread-safe; blocks (files, names): helper
// threads only.
class SshWays {
 public:
  // `login` has ssh_config. Errors as Login.ssh_config documents them.
  static absl::StatusOr<std::shared_ptr<SshWays>> Read(const v1::Login& login, GivenLogin given);

  // INVALID_ARGUMENT, without the host's name: it can be followed for this host in no way.
  absl::StatusOr<SshWay> Find(const HostQuery& query);
  // What was not followed for those that were asked for.
  std::vector<std::string> Warnings() const { return unfollowed_.Warnings(); }

 private:
  SshWays(SshConfig config, std::shared_ptr<MatchExec> exec, LocalUser user, const v1::Login& login,
          GivenLogin given);

  absl::StatusOr<SshWay> Look(const HostQuery& query);
  absl::StatusOr<SshWay> LookAlike(const HostQuery& query);
  absl::StatusOr<HostSettings> SettingsOf(const HostQuery& query, bool way_is_given) const;
  std::string NameOf(const HostQuery& query) const;
  void NameGivenUser(HostSettings* jump) const;
  absl::StatusOr<std::vector<JumpSpec>> ChainOf(const std::vector<JumpTarget>& jumps);
  absl::StatusOr<std::vector<JumpSpec>> Follow(const std::vector<JumpTarget>& jumps, int depth);
  absl::StatusOr<SshWay> WayOf(const HostQuery& query, const HostSettings& settings,
                               std::vector<JumpSpec> jumps);
  absl::StatusOr<engine::ConnectOptions> ConnectOptionsOf(const HostQuery& query,
                                                          const HostSettings& settings,
                                                          bool direct);
  std::shared_ptr<const AccessSpec> Share(AccessSpec spec);
  std::shared_ptr<const engine::ChannelSetup> Share(engine::ChannelSetup setup);

  const SshConfig config_;
  const std::shared_ptr<MatchExec> exec_;  // the config's helper
  const LocalUser user_;
  const GivenLogin given_;
  const bool alike_;  // of all hosts the same is said
  const bool way_is_given_;
  const std::string given_user_;
  std::vector<JumpTarget> given_jumps_;
  absl::optional<SshWay> of_all_;  // where alike_
  absl::flat_hash_map<HostQuery, SshWay> ways_;
  absl::flat_hash_map<std::vector<JumpTarget>, std::vector<JumpSpec>> chains_;
  absl::flat_hash_map<AccessSpec, std::shared_ptr<const AccessSpec>> specs_;
  std::vector<std::shared_ptr<const engine::ChannelSetup>> setups_;  // a few
  SshAlgorithms algorithms_;
  Unfollowed unfollowed_;
};

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SSH_WAYS_H_
