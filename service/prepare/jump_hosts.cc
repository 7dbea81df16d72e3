#include "service/prepare/jump_hosts.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "proto/nodeset/target.h"

namespace muster::service {
namespace {

absl::Status Invalid(absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat("login.jump_hosts: ", problem));
}

// An entry that is too long to be shown has no place in a message.
absl::StatusOr<Target> ParseEntry(const std::string& entry) {
  if (entry.size() > kMaxJumpHostBytes) {
    return Invalid(
        absl::StrCat("an entry of ", entry.size(), " bytes; at most ", kMaxJumpHostBytes));
  }
  absl::StatusOr<Target> host = ParseTarget(entry);
  if (!host.ok()) return Invalid(absl::StrCat("\"", entry, "\": ", host.status().message()));
  return host;
}

}  // namespace

absl::StatusOr<std::vector<engine::JumpHost>> ListJumpHosts(const v1::Login& login,
                                                            const std::string& default_user) {
  if (login.jump_hosts_size() > kMaxJumpHosts) {
    return Invalid(absl::StrCat(login.jump_hosts_size(), "; at most ", kMaxJumpHosts));
  }
  std::vector<engine::JumpHost> hosts;
  for (const std::string& entry : login.jump_hosts()) {
    absl::StatusOr<Target> host = ParseEntry(entry);
    if (!host.ok()) return host.status();
    const uint16_t port = host->port == 0 ? 22 : host->port;
    std::string user = host->user.empty() ? default_user : std::move(host->user);
    hosts.push_back({std::move(host->host), port, std::move(user)});
  }
  return hosts;
}

void KeepJumpHosts(const v1::Login& of_run, v1::Login* login) {
  if (!login->jump_hosts().empty()) return;
  *login->mutable_jump_hosts() = of_run.jump_hosts();
  if (login->user().empty()) login->set_user(of_run.user());
}

}  // namespace muster::service
