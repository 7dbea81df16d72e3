#include "service/ssh_config/private_group.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>

#include "absl/algorithm/container.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {
namespace {

constexpr size_t kBuffer = 64 * 1024;  // for one entry

absl::optional<std::vector<std::string>> ListedIn(gid_t group) {
  std::vector<char> buffer(kBuffer);
  struct group entry = {};
  struct group* found = nullptr;
  getgrgid_r(group, &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) return absl::nullopt;
  std::vector<std::string> names;
  for (char** name = found->gr_mem; *name != nullptr; ++name) names.emplace_back(*name);
  return names;
}

absl::optional<std::vector<uid_t>> WithPrimary(gid_t group) {
  static Mutex& mutex = *new Mutex;  // the process has one place in the list of users
  const MutexLock lock(&mutex);
  std::vector<char> buffer(kBuffer);
  std::vector<uid_t> users;
  passwd entry = {};
  passwd* found = nullptr;
  setpwent();
  int error = 0;
  while ((error = getpwent_r(&entry, buffer.data(), buffer.size(), &found)) == 0) {
    if (found->pw_gid == group) users.push_back(found->pw_uid);
  }
  endpwent();
  return error == ENOENT ? absl::make_optional(users) : absl::nullopt;
}

std::string NameOf(uid_t user) {
  std::vector<char> buffer(kBuffer);
  passwd entry = {};
  passwd* found = nullptr;
  getpwuid_r(user, &entry, buffer.data(), buffer.size(), &found);
  return found == nullptr ? "" : found->pw_name;
}

}  // namespace

bool HoldsOnly(const GroupMembers& members, uid_t user, const std::string& name) {
  if (members.primary.empty() && members.listed.empty()) return false;
  return absl::c_all_of(members.primary, [&](uid_t each) { return each == user; }) &&
         absl::c_all_of(members.listed, [&](const std::string& each) { return each == name; });
}

bool IsPrivateGroup(gid_t group, uid_t user, uid_t owner) {
  const std::string name = NameOf(owner);
  absl::optional<std::vector<std::string>> listed = ListedIn(group);
  if (name.empty() || !listed.has_value()) return false;
  absl::optional<std::vector<uid_t>> primary = WithPrimary(group);
  return primary.has_value() && HoldsOnly({*primary, *listed}, user, name);
}

}  // namespace muster::service
