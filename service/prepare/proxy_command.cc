#include "service/prepare/proxy_command.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/prepare/ssh_credential.h"
#include "service/ssh_config/expand.h"

namespace muster::service {
namespace {

bool HasAny(absl::string_view text, absl::string_view characters) {
  return text.find_first_of(characters) != absl::string_view::npos ||
         absl::c_any_of(text, [](char c) { return absl::ascii_iscntrl(c); });
}

// ssh_valid_hostname, readconf.c.
bool MayBeHost(absl::string_view host) {
  return !absl::StartsWith(host, "-") && !HasAny(host, "'`\"$\\;&<>|(){}, \t");
}

// ssh_valid_ruser, there.
bool MayBeUser(absl::string_view user) {
  return !absl::StartsWith(user, "-") && !HasAny(user, "'`\";&<>|(){}") &&
         !absl::StrContains(user, " -") && !absl::EndsWith(user, "\\");
}

// expand_proxy_command, sshconnect.c: not all tokens that there are.
Tokens TokensFor(const HostQuery& query, const HostSettings& settings, const LocalUser& local) {
  const Tokens all =
      TokensOf(local, {settings.hostname, query.host, settings.host_key_alias.value_or(""),
                       settings.user, settings.port, ""});
  Tokens some;
  for (const char letter : absl::string_view("hknpr")) some[letter] = all.at(letter);
  return some;
}

}  // namespace

absl::Status CheckShellNames(const HostQuery& query) {
  if (!MayBeHost(query.host)) {
    return absl::InvalidArgumentError(
        "a name with characters of the shell's, as ssh takes none for a command");
  }
  if (query.user.has_value() && !MayBeUser(*query.user)) {
    return absl::InvalidArgumentError(
        "a user with characters of the shell's, as ssh takes none for a command");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const engine::ProxyCommand>> ProxyCommandOf(
    const HostQuery& query, const HostSettings& settings, const LocalUser& local,
    const std::string& agent_socket) {
  if (!settings.proxy_command.has_value()) return nullptr;
  if (absl::Status names = CheckShellNames(query); !names.ok()) return names;
  absl::StatusOr<std::string> line =
      ExpandTokens(*settings.proxy_command, TokensFor(query, settings, local));
  if (!line.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("ProxyCommand: ", line.status().message()));
  }
  return std::make_shared<const engine::ProxyCommand>(
      engine::ProxyCommand{*std::move(line), AgentOf(settings, agent_socket)});
}

}  // namespace muster::service
