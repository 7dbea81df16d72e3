#include "service/store/segments/directory_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/contract/version.h"
#include "service/store/segments/file_system.h"
#include "ssh_engine/base/file_lock.h"

namespace muster::service {
namespace {

std::string ThisMachine() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

absl::Status Held(const std::string& directory, int fd) {
  char text[512];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  const std::vector<std::string> lines =
      absl::StrSplit(absl::string_view(text, size > 0 ? size : 0), '\n');
  const std::string machine = lines.size() > 1 && lines[1] != ThisMachine() ? lines[1] : "";
  return absl::FailedPreconditionError(
      absl::StrCat(directory, " is in use by another musterd", lines[0].empty() ? "" : ", process ",
                   lines[0], machine.empty() ? "" : " on ", machine,
                   "; stop it, or give this one a state directory of its own"));
}

absl::Status WriteHolder(int fd, const std::string& path) {
  const std::string text = absl::StrCat(getpid(), "\n", ThisMachine(), "\n", kVersion, "\n");
  if (ftruncate(fd, 0) == 0 && pwrite(fd, text.data(), text.size(), 0) == ssize_t(text.size())) {
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
  if (const int error = engine::LockFile(fd.get()); error != 0) {
    return error == EWOULDBLOCK ? Held(directory, fd.get()) : FileError(error, "lock", path);
  }
  if (absl::Status status = WriteHolder(fd.get(), path); !status.ok()) return status;
  return DirectoryLock(std::move(fd));
}

}  // namespace muster::service
