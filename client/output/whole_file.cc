#include "client/output/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

absl::Status Failed(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, " could not be written"));
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

// Closes in any case; the first error stays in errno.
bool Close(int fd, bool so_far) {
  const int error = errno;
  const bool closed = close(fd) == 0;
  if (!so_far) errno = error;
  return so_far && closed;
}

// What open(2) would have given it.
mode_t UsualMode() {
  const mode_t mask = umask(0);
  umask(mask);
  return 0666 & ~mask;
}

}  // namespace

absl::Status CheckWritable(const std::string& path) {
  struct stat info;
  const bool is_special = stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const bool writable = is_special ? !S_ISDIR(info.st_mode) && access(path.c_str(), W_OK) == 0
                                   : access(folder.c_str(), W_OK | X_OK) == 0;
  if (is_special && S_ISDIR(info.st_mode)) errno = EISDIR;
  return writable ? absl::OkStatus() : Failed(path);
}

absl::Status WriteWholeFile(const std::string& path, absl::string_view text) {
  struct stat info = {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0 || !Close(fd, WriteAll(fd, text))) return Failed(path);
    return absl::OkStatus();
  }
  std::string beside = path + ".XXXXXX";
  const int fd = mkostemp(beside.data(), O_CLOEXEC);
  if (fd < 0) return Failed(path);
  const bool written = Close(fd, WriteAll(fd, text) && fchmod(fd, UsualMode()) == 0);
  if (written && rename(beside.c_str(), path.c_str()) == 0) return absl::OkStatus();
  const absl::Status failed = Failed(path);
  unlink(beside.c_str());
  return failed;
}

}  // namespace muster::client
