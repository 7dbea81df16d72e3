// ssh_config(5): what ssh would do to reach a host, asked for any number of hosts.
#ifndef SERVICE_SSH_CONFIG_SSH_CONFIG_H_
#define SERVICE_SSH_CONFIG_SSH_CONFIG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "service/ssh_config/canonical_name.h"
#include "service/ssh_config/config_file.h"
#include "service/ssh_config/config_pass.h"
#include "service/ssh_config/host_settings.h"
#include "service/ssh_config/local_user.h"

namespace muster::service {

// A host as it is asked for. What is given counts before the files do.
struct HostQuery {
  std::string host;
  absl::optional<std::string> user;
  absl::optional<uint16_t> port;
  std::vector<std::string> options = {};  // as `ssh -o`; behind those of SshConfig::Sources

  // All of it. (One more does not compile before it is here.)
  auto Fields() const {
    const auto& [host_, user_, port_, options_] = *this;
    return std::tie(host_, user_, port_, options_);
  }
  friend bool operator==(const HostQuery& a, const HostQuery& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const HostQuery& query) {
    return H::combine(std::move(h), query.Fields());
  }
};

// Immutable once it was read; thread-safe.
class SshConfig {
 public:
  // What may be done while settings are looked for. Thread-safe; empty: whoever needs it is
  // refused.
  struct Helpers {
    ConfigPass::Exec exec;
    NameLookup lookup;
  };

  // What is read.
  struct Sources {
    std::string file;                  // `-F file`: that alone
    std::vector<std::string> options;  // `-o option`: each counts before what follows it
  };

  // Without a file: ~/.ssh/config and /etc/ssh/ssh_config, where they are there. Errors of
  // ReadConfigFile and ReadConfigOption. Blocks.
  static absl::StatusOr<SshConfig> Read(const Sources& sources, LocalUser user, Helpers helpers);

  // INVALID_ARGUMENT where ssh would refuse to go on, with FILE:LINE where there is one.
  // NOT_FOUND: CanonicalizeHostname finds no host. May block: Match exec, and names of hosts, users
  // and services.
  absl::StatusOr<HostSettings> For(const HostQuery& query) const;
  // Whether what it says of one host, but for its name, it says of every other that has no options
  // of its own: there are no blocks of hosts, no tokens and no way to a host that could be on it.
  bool SaysTheSameOfAll() const;
  // Then, what For makes of a host's name: "127.1" is 127.0.0.1, "Web1" is web1.
  static std::string UsualForm(const std::string& host);

 private:
  SshConfig(LocalUser user, Helpers helpers)
      : user_(std::move(user)), helpers_(std::move(helpers)) {}
  absl::Status AddFile(const ConfigSource& source);
  absl::Status AddUsual();
  using Files = std::vector<std::shared_ptr<const ConfigFile>>;

  LocalUser user_;
  Helpers helpers_;
  Files options_;  // the first that says something counts
  Files files_;    // behind them
};

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_SSH_CONFIG_H_
