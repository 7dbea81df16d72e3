// The daemon's configuration file.
#ifndef SERVICE_ACCESS_CONFIG_H_
#define SERVICE_ACCESS_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/access/caller.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/host_keys/known_hosts.h"

namespace muster::service {

// What network callers log in with, by name. A value.
struct NamedCredential {
  engine::CredentialSpec keys;
  std::vector<std::string> known_hosts_files;
  std::string revoked_host_keys_file;  // of keys that no host may have; empty: none
  std::string user;                    // of targets that name none; empty: the daemon's own
  engine::HostKeyPolicy host_key_policy = engine::HostKeyPolicy::kStrict;
  bool hash_known_hosts = false;  // names of hosts that accept-new writes down

  // All of it. (One more does not compile before it is here.)
  auto Fields() const {
    const auto& [keys_, files, revoked, user_, policy, hash] = *this;
    return std::tie(keys_, files, revoked, user_, policy, hash);
  }
};

// Callers of one kind. A value.
struct CallerPattern {
  Caller::Kind kind = Caller::Kind::kDns;
  std::string name;  // '*' stands for any characters
};

// `first` to `last`. A value.
struct PortRange {
  uint32_t first = 0;
  uint32_t last = 0;
};

// Allows some callers something; what no rule allows is denied. A value.
struct PolicyRule {
  std::vector<CallerPattern> callers;
  std::vector<std::string> credentials;  // names; '*'
  std::vector<std::string> users;        // remote ones; '*'
  std::string targets;                   // an expression; "*": every host; jump hosts, too
  std::vector<PortRange> ports;  // empty: 22, and for a host what the inventory says of that host
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
//       password_file: keys/deploy.password  # offered after the keys; closed to others, too
//       # password_command: pass show deploy # the same: its first line; run once, at the start
//       answers_file: keys/deploy.answers    # lines QUESTION = ANSWER (answers_text.h); closed,
//       too login_methods: [publickey]           # LocalCredential.methods gssapi: no # or yes:
//       Kerberos tickets, first gssapi_delegate: no kerberos_cache: "FILE:/run/krb5cc"   # without:
//       as musterd's environment says agent_socket: /run/agent.sock identities_only: yes # of the
//       agent's keys only those of identity_files known_hosts: [known_hosts] host_key_policy:
//       strict              # or accept-new hash_known_hosts: false              # or true: names
//       are hashed in what accept-new writes user: deploy
//   policy:
//     - callers: ["dns:ci.example.com"]
//       credentials: [deploy]
//       users: [deploy]
//       targets: "web[01-20]"
//       ports: [22, 2222, 8022-8030]         # without: 22, and what the inventory says of a host
//
// What passphrase_file, password_file and answers_file name may be $CREDENTIALS_DIRECTORY/NAME: a
// credential of systemd's (systemd.exec(5), LoadCredential).
//
// A caller is known by one name of his certificate (CallerOf), and a rule says which kind of name
// it means: "dns:ci.example.com", "uri:spiffe://example.com/ci", "cn:ci". Without a kind it is a
// DNS name. '*' stands for any characters; the kind is never left open.
absl::StatusOr<Config> LoadConfig(const std::string& path);
absl::StatusOr<Config> ParseConfig(absl::string_view yaml, const std::string& path);

}  // namespace muster::service

#endif  // SERVICE_ACCESS_CONFIG_H_
