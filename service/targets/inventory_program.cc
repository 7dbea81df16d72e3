#include "service/targets/inventory_program.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/ssh_config/file_owner.h"
#include "service/targets/command_output.h"
#include "ssh_engine/base/shell_word.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

bool IsProgram(int fd) {
  char begin[4] = {};
  const ssize_t n = pread(fd, begin, sizeof(begin), 0);
  const absl::string_view bytes(begin, n > 0 ? static_cast<size_t>(n) : 0);
  return absl::StartsWith(bytes, "#!") || bytes == absl::string_view(
                                                       "\x7f"
                                                       "ELF",
                                                       4);
}

// Root may execute a file that nobody may.
bool MayBeExecuted(const struct stat& info, const std::string& path) {
  return (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0 && access(path.c_str(), X_OK) == 0;
}

absl::Status Refused(const std::string& what) {
  return absl::FailedPreconditionError(absl::StrCat("the inventory ", what));
}

}  // namespace

absl::StatusOr<bool> IsInventoryProgram(const std::string& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if (!IsProgram(fd.get())) return false;
  if (!MayBeExecuted(info, path)) {
    return Refused(absl::StrCat(path,
                                " is a program by its first bytes, but may not be executed. "
                                "Run: chmod u+x ",
                                path));
  }
  const std::string obstacle =
      OwnerObstacle(info, path, "it is a program, and not run for that reason");
  return obstacle.empty() ? absl::StatusOr<bool>(true) : Refused(obstacle);
}

absl::StatusOr<std::string> RunInventoryProgram(const std::string& path, absl::Duration limit) {
  return OutputOf(absl::StrCat(engine::QuotedWord(path), " --list"),
                  absl::StrCat("the inventory ", path, " --list"), limit);
}

}  // namespace muster::service
