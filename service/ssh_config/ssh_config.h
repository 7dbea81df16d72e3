// ssh_config(5): what ssh would do to reach a host, asked for any number of hosts.
#ifndef SERVICE_SSH_CONFIG_SSH_CONFIG_H_
#define SERVICE_SSH_CONFIG_SSH_CONFIG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "service/ssh_config/config_file.h"
#include "service/ssh_config/host_settings.h"
#include "service/ssh_config/local_user.h"

namespace muster::service {

// A host as it is asked for. What is given counts before the files do.
struct HostQuery {
  std::string host;
  absl::optional<std::string> user;
  absl::optional<uint16_t> port;
};

// Immutable once it was read; thread-safe.
class SshConfig {
 public:
  // Runs a command of Match exec in a shell, and says whether it succeeded.
  using Exec = std::function<absl::StatusOr<bool>(const std::string& command)>;

  // `-F path`: that file alone. Errors of ReadConfigFile. `exec`: empty where none is to be run.
  // Blocks.
  static absl::StatusOr<SshConfig> Read(const std::string& path, LocalUser user, Exec exec);
  // ~/.ssh/config and /etc/ssh/ssh_config, where they are there.
  static absl::StatusOr<SshConfig> ReadUsual(LocalUser user, Exec exec);

  // INVALID_ARGUMENT where ssh would refuse to go on, with FILE:LINE where there is one.
  // UNIMPLEMENTED: what this host's settings ask for is not supported, and changes where ssh goes.
  // May block: Match exec, and names of users and services.
  absl::StatusOr<HostSettings> For(const HostQuery& query) const;

 private:
  SshConfig(LocalUser user, Exec exec) : user_(std::move(user)), exec_(std::move(exec)) {}

  LocalUser user_;
  Exec exec_;
  std::vector<std::shared_ptr<const ConfigFile>> files_;  // the first that says something counts
};

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_SSH_CONFIG_H_
