// The daemon's configuration file.
#ifndef SERVICE_CONFIG_H_
#define SERVICE_CONFIG_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/credential.h"
#include "ssh_engine/known_hosts.h"

namespace muster::service {

// What network callers log in with, by name. A value.
struct NamedCredential {
  engine::CredentialSpec keys;
  std::vector<std::string> known_hosts_files;
  std::string user;  // of targets that name none; empty: the daemon's own
  engine::HostKeyPolicy host_key_policy = engine::HostKeyPolicy::kStrict;
  bool hash_known_hosts = false;  // names of hosts that accept-new writes down
};

// Allows some callers something; what no rule allows is denied. A value.
struct PolicyRule {
  std::vector<std::string> callers;      // certificate names; '*' stands for any characters
  std::vector<std::string> credentials;  // names; '*'
  std::vector<std::string> users;        // remote ones; '*'
  std::string targets;                   // an expression; "*": every host; jump hosts, too
};

// A value.
struct Config {
  std::string inventory_file;  // of network callers; may be empty
  std::map<std::string, NamedCredential> credentials;
  std::vector<PolicyRule> rules;
};

// Reads the YAML file; relative paths in it start at its folder. Blocks. Errors name FILE:LINE;
// unknown keys are errors. In full:
//
//   inventory: hosts.yaml
//   credentials:
//     deploy:
//       identity_files: [keys/deploy]
//       passphrase_file: keys/deploy.pass    # of encrypted identity files; closed to others, too
//       agent_socket: /run/agent.sock
//       known_hosts: [known_hosts]
//       host_key_policy: strict              # or accept-new
//       hash_known_hosts: false              # or true: names are hashed in what accept-new writes
//       user: deploy
//   policy:
//     - callers: ["ci.example.com"]
//       credentials: [deploy]
//       users: [deploy]
//       targets: "web[01-20]"
absl::StatusOr<Config> LoadConfig(const std::string& path);
absl::StatusOr<Config> ParseConfig(absl::string_view yaml, const std::string& path);

}  // namespace muster::service

#endif  // SERVICE_CONFIG_H_
