#include "client/commands/line_history.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/text/read_file.h"

namespace muster::client {
namespace {

constexpr off_t kMostBytes = 256 << 10;

absl::Status Failed(const std::string& path) {
  return absl::ErrnoToStatus(errno, absl::StrCat(path, " could not be written"));
}

bool WriteAll(int fd, const std::string& text) {
  return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// Under the file's lock. From the first line on that begins in its second half.
bool KeepHalf(int fd, off_t size) {
  if (size <= kMostBytes) return true;
  std::string half(static_cast<size_t>(size / 2), '\0');
  const ssize_t got = pread(fd, &half[0], half.size(), size - size / 2);
  if (got < 0) return false;
  half.resize(static_cast<size_t>(got));
  half.erase(0, half.find('\n') == std::string::npos ? half.size() : half.find('\n') + 1);
  return ftruncate(fd, 0) == 0 && WriteAll(fd, half);
}

absl::Status Append(int fd, const std::string& path, const std::string& line) {
  struct stat file = {};
  if (flock(fd, LOCK_EX) != 0 || fstat(fd, &file) != 0) return Failed(path);
  if (!S_ISREG(file.st_mode) || file.st_uid != geteuid()) {
    return absl::PermissionDeniedError(absl::StrCat(path, " is no file of yours"));
  }
  if ((file.st_mode & 077) != 0 && fchmod(fd, 0600) != 0) return Failed(path);
  if (!KeepHalf(fd, file.st_size) || !WriteAll(fd, line + "\n")) return Failed(path);
  return absl::OkStatus();
}

}  // namespace

std::vector<std::string> ReadHistory(const std::string& path) {
  std::vector<std::string> lines;
  const absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return lines;
  lines = absl::StrSplit(*text, '\n', absl::SkipEmpty());
  if (lines.size() > kMostHistoryLines) lines.erase(lines.begin(), lines.end() - kMostHistoryLines);
  return lines;
}

absl::Status AppendToHistory(const std::string& path, const std::string& line) {
  const int fd =
      open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd < 0) return Failed(path);
  const absl::Status status = Append(fd, path, line);
  close(fd);
  return status;
}

}  // namespace muster::client
