#include "client/library/server_address.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/state_folder.h"

namespace muster::client {

std::string FromEnvironment(const char* name) {
  const char* value = getenv(name);
  return value != nullptr ? value : "";
}

namespace {

absl::StatusOr<uid_t> UserId(const std::string& name) {
  uid_t uid = 0;
  if (absl::SimpleAtoi(name, &uid)) return uid;
  if (const passwd* const entry = getpwnam(name.c_str()); entry != nullptr) return entry->pw_uid;
  return absl::InvalidArgumentError(absl::StrCat("--server-user: there is no user ", name));
}

absl::StatusOr<ServerAddress> ParseAddress(absl::string_view given) {
  if (given.empty()) {
    const absl::StatusOr<std::string> folder = OwnStateFolder();
    if (!folder.ok()) return folder.status();
    return ServerAddress{absl::StrCat("unix:", *folder, "/", kSocketName), true};
  }
  const bool unix_path = absl::StartsWith(given, "unix:/");
  const bool host_port = !absl::StartsWith(given, "unix:") && absl::StrContains(given, ':') &&
                         !absl::StrContains(given, '/');
  if (unix_path || host_port) return ServerAddress{std::string(given), false};
  return absl::InvalidArgumentError(
      absl::StrCat("\"", given, "\" is no address of a musterd: write HOST:PORT, or unix:/PATH"));
}

}  // namespace

absl::StatusOr<ServerAddress> ChooseServer(absl::string_view given, const std::string& user) {
  absl::StatusOr<ServerAddress> address = ParseAddress(given);
  if (!address.ok() || user.empty()) return address;
  if (address->own || !address->is_unix()) {
    return absl::InvalidArgumentError("--server-user goes with --server unix:/PATH");
  }
  const absl::StatusOr<uid_t> uid = UserId(user);
  if (!uid.ok()) return uid.status();
  address->trusted_user = *uid;
  return address;
}

bool MayHaveSecrets(const ServerAddress& address) {
  const uid_t user = address.trusted_user;
  return user == static_cast<uid_t>(-1) || user == geteuid() || user == 0;
}

}  // namespace muster::client
