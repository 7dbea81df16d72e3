#include "client/options/own_login.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/library/server_address.h"
#include "client/options/caller_file.h"

namespace muster::client {
namespace {

absl::Status Invalid(absl::string_view option, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", problem));
}

absl::Status FillGivenKeys(const Options& options, v1::LocalCredential* local) {
  for (const std::string& given : options.identity_files) {
    absl::StatusOr<std::string> path = PathForDaemon(given);
    if (!path.ok()) return Invalid("--identity", path.status().message());
    local->add_identity_files()->set_path(*std::move(path));
  }
  return absl::OkStatus();
}

absl::Status FillGivenKnownHosts(const Options& options, v1::LocalCredential* local) {
  if (options.known_hosts.empty()) return absl::OkStatus();
  absl::StatusOr<std::string> path = PathForDaemon(options.known_hosts);
  if (!path.ok()) return Invalid("--known-hosts", path.status().message());
  if (options.host_key_policy == "accept-new" && *path != AbsolutePath(options.known_hosts)) {
    return Invalid("--known-hosts", absl::StrCat("new keys (accept-new) cannot be written to ",
                                                 options.known_hosts, "; name a file"));
  }
  local->add_known_hosts_files(*std::move(path));
  return absl::OkStatus();
}

// As `ssh -F none` does.
bool ReadsNoFile(const Options& options) {
  return absl::EqualsIgnoreCase(options.ssh_config, "none");
}

absl::Status FillSshConfig(const Options& options, const LoginSecrets& secrets,
                           v1::SshConfig* config) {
  config->set_passphrase(secrets.passphrase);
  if (options.no_tty) config->add_options("RequestTTY=no");
  for (const std::string& option : options.ssh_options) config->add_options(option);
  if (ReadsNoFile(options)) config->set_file("/dev/null");
  if (options.ssh_config.empty() || ReadsNoFile(options)) return absl::OkStatus();
  absl::StatusOr<std::string> path = PathForDaemon(options.ssh_config);
  if (!path.ok()) return Invalid("--ssh-config", path.status().message());
  config->set_file(*std::move(path));
  return absl::OkStatus();
}

// What was not given is not set: an older daemon refuses a login with a field that it does not
// know.
void FillMethods(const Options& options, const LoginSecrets& secrets, v1::LocalCredential* local) {
  for (const auto& [question, answer] : secrets.answers) {
    v1::Answer* const added = local->add_answers();
    added->set_question(question);
    added->set_secret_answer(answer);
  }
  for (const absl::string_view method :
       absl::StrSplit(options.login_methods, ',', absl::SkipWhitespace())) {
    local->add_methods(std::string(absl::StripAsciiWhitespace(method)));
  }
  local->set_gssapi(options.gssapi);
  local->set_gssapi_delegate(options.gssapi_delegate);
  // Where ssh_config asks for GSSAPI, too: the daemon's environment is that of another session.
  local->set_kerberos_cache(FromEnvironment("KRB5CCNAME"));
}

}  // namespace

absl::string_view SshConfigOption(const Options& options) {
  if (!options.ssh_options.empty()) return "--ssh-option";
  return options.ssh_config.empty() || ReadsNoFile(options) ? "" : "--ssh-config";
}

absl::Status FillOwnLogin(const Options& options, const LoginSecrets& secrets, v1::Login* login) {
  v1::LocalCredential* const local = login->mutable_local();
  const std::string agent = FromEnvironment("SSH_AUTH_SOCK");
  if (!agent.empty()) local->set_agent_socket(AbsolutePath(agent));
  local->set_identities_only(options.identities_only);
  local->set_password(secrets.password);
  FillMethods(options, secrets, local);
  absl::Status status = FillGivenKeys(options, local);
  status.Update(FillGivenKnownHosts(options, local));
  status.Update(FillSshConfig(options, secrets, login->mutable_ssh_config()));
  for (v1::IdentityFile& file : *local->mutable_identity_files()) {
    file.set_passphrase(secrets.passphrase);
  }
  return status;
}

}  // namespace muster::client
