#include "service/prepare/ssh_credential.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/prepare/login_methods.h"
#include "service/ssh_config/expand.h"

namespace muster::service {

std::string AgentOf(const HostSettings& settings, const std::string& usual) {
  if (!settings.identity_agent.has_value()) return usual;
  absl::string_view agent = *settings.identity_agent;
  if (agent == "SSH_AUTH_SOCK" || agent == "$SSH_AUTH_SOCK") return usual;
  if (absl::EqualsIgnoreCase(agent, "none")) return "";
  if (!absl::ConsumePrefix(&agent, "$")) return std::string(agent);
  return VariableOf(agent).value_or("");
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
  const bool named = settings.identity_files.has_value();
  if (named) {
    for (const NamedFile& file : *settings.identity_files) paths.push_back(file.path);
  } else if (keys->identity_files.empty()) {
    paths = UsualKeys(home);
  }
  for (std::string& path : paths) {
    if (path.empty()) continue;  // "none"
    keys->identity_files.push_back({std::move(path), given.passphrase, /*required=*/false, named});
  }
}

void Note(const std::string& why, engine::CredentialSpec* keys) {
  if (!why.empty()) keys->notes.push_back(why);
}

// A login may fail for what is left out. `given`: before the methods were settled.
void ClearUnused(const HostSettings& settings, const engine::CredentialSpec& given,
                 engine::CredentialSpec* keys) {
  const auto tried = [keys](absl::string_view name) { return IsTried(keys->methods, name); };
  if (!tried(engine::kPublickey)) {
    keys->identity_files.clear();
    keys->certificate_files.clear();
    keys->agent_socket.clear();
    Note(WhyNoKeys(settings, given), keys);
  }
  const bool questions = tried(engine::kKeyboardInteractive);
  if (keys->password.has_value() && !questions && !tried(engine::kPasswordMethod)) {
    keys->password.reset();
    Note(WhyNoPassword(settings, given), keys);
  }
  if (!keys->answers.empty() && !questions) {
    keys->answers.clear();
    Note(WhyNoAnswers(settings, given), keys);
  }
  if (!tried(engine::kGssapi)) keys->tickets.reset();
}

// Where the file alone asks for tickets, as Debian's does for everybody, it is no news that there
// are none.
void AddTickets(const HostSettings& settings, const GivenLogin& given,
                engine::CredentialSpec* keys) {
  if (!keys->tickets.has_value() && settings.gssapi_authentication) {
    keys->tickets = given.kerberos;
    keys->tickets->expected = false;
  }
  if (keys->tickets.has_value()) keys->tickets->delegate |= settings.gssapi_delegate_credentials;
}

engine::CredentialSpec KeysOf(const HostSettings& settings, const GivenLogin& given,
                              const std::string& home) {
  engine::CredentialSpec keys = given.credential.keys;
  keys.identities_only = keys.identities_only || settings.identities_only;
  keys.agent_socket = AgentOf(settings, keys.agent_socket);
  AddKeys(settings, given, home, &keys);
  for (const NamedFile& file : settings.certificate_files) {
    if (!file.path.empty()) keys.certificate_files.push_back(file.path);
  }
  AddTickets(settings, given, &keys);
  keys.methods = LoginMethodsOf(settings, given.credential.keys);
  ClearUnused(settings, given.credential.keys, &keys);
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

bool IsUnknownAgent(const HostSettings& settings) {
  if (!settings.identity_agent.has_value()) return false;
  absl::string_view agent = *settings.identity_agent;
  return agent != "$SSH_AUTH_SOCK" && absl::ConsumePrefix(&agent, "$") &&
         !VariableOf(agent).has_value();
}

NamedCredential CredentialOf(const HostSettings& settings, const GivenLogin& given,
                             const std::string& home) {
  NamedCredential credential = given.credential;
  credential.keys = KeysOf(settings, given, home);
  if (credential.known_hosts_files.empty()) credential.known_hosts_files = KnownHostsOf(settings);
  credential.revoked_host_keys_file = settings.revoked_host_keys.value_or("");
  if (!given.host_key_policy) credential.host_key_policy = PolicyOf(settings);
  credential.hash_known_hosts = credential.hash_known_hosts || settings.hash_known_hosts;
  return credential;
}

}  // namespace muster::service
