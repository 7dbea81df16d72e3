#include "service/ssh_config/file_owner.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "service/ssh_config/private_group.h"

namespace muster::service {
namespace {

bool OthersCanWrite(const struct stat& info) {
  if ((info.st_mode & S_IWOTH) != 0) return true;
  return (info.st_mode & S_IWGRP) != 0 && !IsPrivateGroup(info.st_gid, getuid(), info.st_uid);
}

}  // namespace

std::string OwnerObstacle(const struct stat& info, const std::string& path,
                          const std::string& consequence) {
  if (info.st_uid != 0 && info.st_uid != getuid()) {
    return absl::StrCat(path, " belongs to another user; ", consequence);
  }
  if (!OthersCanWrite(info)) return "";
  return absl::StrCat(path, " can be written by others; ", consequence, ". Run: chmod go-w ", path);
}

}  // namespace muster::service
