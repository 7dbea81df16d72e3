#include "service/prepare/ssh_credential.h"

#include <cstdlib>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace muster::service {
namespace {

// PreferredAuthentications: what it leaves out is not tried.
bool Prefers(const HostSettings& settings, absl::string_view method) {
  if (!settings.preferred_authentications.has_value()) return true;
  const std::vector<absl::string_view> methods =
      absl::StrSplit(*settings.preferred_authentications, ',');
  return absl::c_linear_search(methods, method);
}

bool UsesKeys(const HostSettings& settings) {
  return settings.pubkey_authentication != "no" && Prefers(settings, "publickey");
}

bool UsesPassword(const HostSettings& settings) {
  return (settings.password_authentication && Prefers(settings, "password")) ||
         (settings.kbd_interactive_authentication && Prefers(settings, "keyboard-interactive"));
}

}  // namespace

std::string AgentOf(const HostSettings& settings, const std::string& usual) {
  if (!settings.identity_agent.has_value()) return usual;
  absl::string_view agent = *settings.identity_agent;
  if (agent == "SSH_AUTH_SOCK") return usual;
  if (absl::EqualsIgnoreCase(agent, "none")) return "";
  if (!absl::ConsumePrefix(&agent, "$")) return std::string(agent);
  const char* const value = getenv(std::string(agent).c_str());
  return value == nullptr ? "" : value;
}

namespace {

// ssh_config(5), IdentityFile; DSA and keys on tokens aside.
std::vector<std::string> UsualKeys(const std::string& home) {
  return {absl::StrCat(home, "/.ssh/id_rsa"), absl::StrCat(home, "/.ssh/id_ecdsa"),
          absl::StrCat(home, "/.ssh/id_ed25519")};
}

// Behind those that were given. One that is not there is no error, as with ssh.
void AddKeys(const HostSettings& settings, const GivenLogin& given, const std::string& home,
             engine::CredentialSpec* keys) {
  std::vector<std::string> paths;
  if (settings.identity_files.has_value()) {
    for (const NamedFile& file : *settings.identity_files) paths.push_back(file.path);
  } else if (keys->identity_files.empty()) {
    paths = UsualKeys(home);
  }
  for (std::string& path : paths) {
    if (path.empty()) continue;  // "none"
    keys->identity_files.push_back({std::move(path), given.passphrase, /*required=*/false});
  }
}

engine::CredentialSpec KeysOf(const HostSettings& settings, const GivenLogin& given,
                              const std::string& home) {
  engine::CredentialSpec keys = given.credential.keys;
  keys.identities_only = keys.identities_only || settings.identities_only;
  keys.agent_socket = AgentOf(settings, keys.agent_socket);
  AddKeys(settings, given, home, &keys);
  if (!UsesKeys(settings)) {
    keys.identity_files.clear();
    keys.agent_socket.clear();
  }
  if (!UsesPassword(settings)) keys.password.reset();
  return keys;
}

// New keys go to the first, which is never one of the system's.
std::vector<std::string> KnownHostsOf(const HostSettings& settings) {
  std::vector<std::string> files = settings.user_known_hosts_files;
  if (files.empty()) files.emplace_back("/dev/null");
  files.insert(files.end(), settings.global_known_hosts_files.begin(),
               settings.global_known_hosts_files.end());
  return files;
}

engine::HostKeyPolicy PolicyOf(const HostSettings& settings) {
  const bool accepts = settings.strict_host_key_checking == "accept-new" ||
                       settings.strict_host_key_checking == "no";
  return accepts ? engine::HostKeyPolicy::kAcceptNew : engine::HostKeyPolicy::kStrict;
}

}  // namespace

NamedCredential CredentialOf(const HostSettings& settings, const GivenLogin& given,
                             const std::string& home) {
  NamedCredential credential = given.credential;
  credential.keys = KeysOf(settings, given, home);
  if (credential.known_hosts_files.empty()) credential.known_hosts_files = KnownHostsOf(settings);
  if (!given.host_key_policy) credential.host_key_policy = PolicyOf(settings);
  credential.hash_known_hosts = credential.hash_known_hosts || settings.hash_known_hosts;
  return credential;
}

}  // namespace muster::service
