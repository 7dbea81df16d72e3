#include "service/prepare/jump_hosts.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/nodeset/target.h"

namespace muster::service {
namespace {

// An entry that is too long to be shown has no place in a message.
std::string ProblemOf(const std::string& entry) {
  if (entry.size() > kMaxJumpHostBytes) {
    return absl::StrCat("an entry of ", entry.size(), " bytes; at most ", kMaxJumpHostBytes);
  }
  const absl::Status status = ParseTarget(entry).status();
  return status.ok() ? "" : absl::StrCat("\"", entry, "\": ", status.message());
}

}  // namespace

bool GoesDirectly(const v1::Login& login) {
  return login.jump_hosts_size() == 1 && absl::EqualsIgnoreCase(login.jump_hosts(0), "none");
}

std::string ProblemOfJumpHosts(const v1::Login& login) {
  if (login.jump_hosts_size() > kMaxJumpHosts) {
    return absl::StrCat(login.jump_hosts_size(), "; at most ", kMaxJumpHosts);
  }
  for (const std::string& entry : login.jump_hosts()) {
    std::string problem = ProblemOf(entry);
    if (!problem.empty()) return problem;
  }
  return "";
}

absl::StatusOr<std::vector<engine::JumpHost>> ListJumpHosts(const v1::Login& login,
                                                            const std::string& default_user) {
  const std::string problem = ProblemOfJumpHosts(login);
  if (!problem.empty()) return FieldError({{"login.jump_hosts", problem}});
  std::vector<engine::JumpHost> hosts;
  if (GoesDirectly(login)) return hosts;
  for (const std::string& entry : login.jump_hosts()) {
    Target host = *ParseTarget(entry);
    const uint16_t port = host.port == 0 ? 22 : host.port;
    std::string user = host.user.empty() ? default_user : std::move(host.user);
    hosts.push_back({std::move(host.host), port, std::move(user)});
  }
  return hosts;
}

void KeepJumpHosts(const v1::Login& of_run, v1::Login* login) {
  if (!login->jump_hosts().empty()) return;
  *login->mutable_jump_hosts() = of_run.jump_hosts();
  if (login->user().empty()) login->set_user(of_run.user());
}

}  // namespace muster::service
