// What ssh_config(5) says of one host.
#ifndef SERVICE_SSH_CONFIG_HOST_SETTINGS_H_
#define SERVICE_SSH_CONFIG_HOST_SETTINGS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/ssh_config/values.h"

namespace muster::service {

// A file as it is written, and where it is. A value.
struct NamedFile {
  std::string written;
  std::string path;
};

// All defaults are filled in as ssh does, but for those that are Muster's own: what is unset.
// Lists of algorithms are as they are written, with '+', '-' or '^'. A value.
struct HostSettings {
  std::string hostname;  // to connect to
  std::string user;
  bool user_is_set = false;  // else `user` is the one who asks
  uint16_t port = 22;
  std::string address_family = "any";  // "inet", "inet6"
  absl::optional<std::string> bind_address;
  absl::optional<std::string> bind_interface;
  absl::optional<absl::Duration> connect_timeout;
  int connection_attempts = 1;
  bool tcp_keep_alive = true;
  absl::Duration server_alive_interval;  // zero: none
  int server_alive_count_max = 3;

  // One of both at most. The last jump host is the nearest to the target.
  std::vector<JumpTarget> jump_hosts;
  absl::optional<std::string> proxy_command;  // without its tokens replaced
  bool proxy_use_fdpass = false;

  absl::optional<std::string> host_key_alias;         // in lower case
  std::vector<std::string> user_known_hosts_files;    // where they are
  std::vector<std::string> global_known_hosts_files;  // the same
  std::string strict_host_key_checking = "ask";       // "yes", "no", "accept-new"
  bool hash_known_hosts = false;
  bool check_host_ip = false;
  std::string verify_host_key_dns = "no";  // "yes", "ask"
  bool no_host_authentication_for_localhost = false;
  absl::optional<std::string> known_hosts_command;
  absl::optional<std::string> revoked_host_keys;

  absl::optional<std::vector<NamedFile>> identity_files;  // unset: ssh's usual ones
  std::vector<NamedFile> certificate_files;
  bool identities_only = false;
  absl::optional<std::string> identity_agent;  // a path, "none", "SSH_AUTH_SOCK" or "$VARIABLE"
  absl::optional<std::string> pkcs11_provider;
  absl::optional<std::string> security_key_provider;
  std::string pubkey_authentication = "yes";  // "no", "unbound", "host-bound"
  bool password_authentication = true;
  bool kbd_interactive_authentication = true;
  bool gssapi_authentication = false;
  bool gssapi_delegate_credentials = false;
  bool hostbased_authentication = false;
  absl::optional<std::string> preferred_authentications;
  absl::optional<int> required_rsa_size;

  absl::optional<std::string> ciphers;
  absl::optional<std::string> macs;
  absl::optional<std::string> kex_algorithms;
  absl::optional<std::string> host_key_algorithms;
  absl::optional<std::string> pubkey_accepted_algorithms;
  bool compression = false;
  int64_t rekey_bytes = 0;  // 0: as the cipher wants it
  absl::Duration rekey_interval;

  std::vector<std::string> send_env;  // patterns of names
  std::vector<std::string> set_env;   // NAME=VALUE
  std::string request_tty = "auto";   // "yes", "no", "force"
  std::string session_type = "default";
  absl::optional<std::string> remote_command;  // with its tokens replaced
  bool stdin_null = false;
  bool permit_local_command = false;
  absl::optional<std::string> local_command;      // without its tokens replaced
  absl::optional<std::string> refuse_connection;  // why it is not to be connected to

  bool forward_agent = false;
  absl::optional<std::string> forward_agent_socket;  // unset: the usual agent
  bool local_forward = false;                        // there is one, at least
  bool remote_forward = false;
  bool dynamic_forward = false;

  std::string canonicalize_hostname = "no";
};

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_HOST_SETTINGS_H_
