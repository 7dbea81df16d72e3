#include "service/store/directory_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/store/file_system.h"

namespace muster::service {
namespace {

absl::Status Held(const std::string& directory, int fd) {
  char text[32] = {};
  const ssize_t size = pread(fd, text, sizeof(text) - 1, 0);
  const std::string pid(absl::StripAsciiWhitespace(absl::string_view(text, size > 0 ? size : 0)));
  return absl::FailedPreconditionError(
      absl::StrCat(directory, " is in use by another musterd", pid.empty() ? "" : ", process ", pid,
                   "; stop it, or give this one a state directory of its own"));
}

absl::Status WritePid(int fd, const std::string& path) {
  const std::string pid = absl::StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0 && pwrite(fd, pid.data(), pid.size(), 0) == ssize_t(pid.size())) {
    return absl::OkStatus();
  }
  return FileError(errno, "write", path);
}

}  // namespace

absl::StatusOr<DirectoryLock> DirectoryLock::Take(const std::string& directory) {
  if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return FileError(errno, "make", directory);
  }
  const std::string path = absl::StrCat(directory, "/lock");
  UniqueFd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return FileError(errno, "open", path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? Held(directory, fd.get()) : FileError(errno, "lock", path);
  }
  if (absl::Status status = WritePid(fd.get(), path); !status.ok()) return status;
  return DirectoryLock(std::move(fd));
}

}  // namespace muster::service
