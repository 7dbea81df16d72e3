#include "client/text/read_file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

constexpr size_t kMaxBytes = 16 << 20;

absl::Status Failed(const std::string& name) {
  return absl::ErrnoToStatus(errno, absl::StrCat(name, " cannot be read"));
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& name) {
  std::string text;
  char buffer[65536];
  while (text.size() <= kMaxBytes) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size == 0) return text;
    if (size < 0 && errno != EINTR) return Failed(name);
    if (size > 0) text.append(buffer, static_cast<size_t>(size));
  }
  return absl::InvalidArgumentError(absl::StrCat(name, " is larger than ", kMaxBytes, " bytes"));
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  if (path == "-") return ReadAll(STDIN_FILENO, "standard input");
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path);
  absl::StatusOr<std::string> text = ReadAll(fd, path);
  close(fd);
  return text;
}

}  // namespace muster::client
