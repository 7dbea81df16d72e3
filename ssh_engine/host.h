// A host of a run, and how it is reached.
#ifndef SSH_ENGINE_HOST_H_
#define SSH_ENGINE_HOST_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/connect_options.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/host_keys/known_hosts.h"

namespace muster::engine {

struct Access;

// What is run to get a connection (ssh_config(5), ProxyCommand). A value.
struct ProxyCommand {
  std::string line;          // for the shell
  std::string agent_socket;  // its SSH_AUTH_SOCK; empty: none
};

constexpr char kByProxyCommand[] = "ProxyCommand";  // as messages name that way

// Another one is another way. Empty for null.
inline std::string IdOf(const ProxyCommand* command) {
  return command == nullptr ? "" : absl::StrCat(command->agent_socket, "\n", command->line);
}

// A host on the way to others (ssh -J). A value.
struct JumpHost {
  std::string address;  // name or literal address, without brackets
  uint16_t port = 22;
  std::string user;
  std::string host_key_alias = "";                              // Host's
  std::shared_ptr<const Access> access = nullptr;               // null: that of the host behind it
  std::shared_ptr<const ProxyCommand> proxy_command = nullptr;  // Host's; of the nearest one only
};

// What the policy kAcceptNew did for a run. Counted by its loops; thread-safe.
struct NewHostKeys {
  std::atomic<uint32_t> written{0};
  std::atomic<uint32_t> not_kept{0};  // KnownHosts::Added::kNotKept
};

// How hosts are reached: what proves the user there, which of their keys are trusted, and the way.
// Immutable once handed over; hosts for which it is equal share one, and with it what was learnt on
// the way.
struct Access {
  std::shared_ptr<const Credential> credential;  // not null
  std::shared_ptr<KnownHosts> known_hosts;       // not null
  HostKeyPolicy host_key_policy = HostKeyPolicy::kStrict;
  bool hash_new_names = false;                 // in known_hosts, as ssh with HashKnownHosts
  std::shared_ptr<NewHostKeys> new_host_keys;  // null: they are not counted
  std::vector<JumpHost> jump_hosts;            // the nearest first; none: directly
  ConnectOptions connect;                      // to the host, or to the first jump host
};

// What tells sessions apart that are made with it; ends with the credential's id. (One field more
// does not compile before it is here: does it?) Trust does not, which is asked for anew each time a
// session is used.
inline std::string SessionIdOf(const Access& access) {
  const auto& [credential, known_hosts, policy, hash, counted, jump_hosts, connect] = access;
  return absl::StrCat(IdOf(connect), credential->id);
}

// One host of a run. A value.
struct Host {
  uint32_t index = 0;   // in the run; from 0, without gaps
  std::string address;  // name or literal address, without brackets
  uint16_t port = 22;
  std::string user;
  std::shared_ptr<const Access> access;  // not null where it is handed to the engine
  // Stands before the command's line on this host. Null: nothing.
  std::shared_ptr<const std::string> line_prefix = nullptr;
  // As ssh's HostKeyAlias: what known_hosts files call it, whatever its port. Empty: its address.
  std::string host_key_alias = "";
  // Instead of the network. Null: none; so where there are jump hosts.
  std::shared_ptr<const ProxyCommand> proxy_command = nullptr;
  // What its channels are given, where the job does not say it. Null: nothing.
  std::shared_ptr<const ChannelSetup> setup = nullptr;
};

inline const std::string& KnownName(const Host& host) {
  return host.host_key_alias.empty() ? host.address : host.host_key_alias;
}
inline uint16_t KnownPort(const Host& host) { return host.host_key_alias.empty() ? host.port : 22; }

// A host as messages name it. `jump_path`: DialContext's.
inline std::string Endpoint(const Host& host, absl::string_view jump_path) {
  if (host.proxy_command != nullptr) jump_path = kByProxyCommand;
  return absl::StrCat(host.address, " port ", host.port,
                      jump_path.empty() ? "" : absl::StrCat(" by way of ", jump_path));
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_H_
