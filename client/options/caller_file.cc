#include "client/options/caller_file.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/library/server_address.h"
#include "client/text/read_file.h"

namespace muster::client {
namespace {

// For another process these names are other files.
bool IsOwnDescriptor(absl::string_view path) {
  return absl::StartsWith(path, "/dev/fd/") || path == "/dev/stdin" ||
         absl::StartsWith(path, "/proc/self/") || absl::StartsWith(path, "/proc/thread-self/");
}

bool IsPipe(const std::string& path) {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
}

bool WriteAll(int fd, absl::string_view text) {
  while (!text.empty()) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size < 0 && errno != EINTR) return false;
    if (size > 0) text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

// Stays open until the process ends.
absl::StatusOr<std::string> InMemory(const std::string& name, absl::string_view text) {
  const int fd = memfd_create("muster", MFD_CLOEXEC);
  if (fd < 0 || fchmod(fd, 0600) != 0 || !WriteAll(fd, text)) {
    return absl::ErrnoToStatus(errno, absl::StrCat(name, " cannot be kept in memory"));
  }
  return absl::StrCat("/proc/", getpid(), "/fd/", fd);
}

}  // namespace

std::string AbsolutePath(const std::string& path) {
  const std::string home = FromEnvironment("HOME");
  if (absl::StartsWith(path, "~/") && !home.empty()) return absl::StrCat(home, path.substr(1));
  std::error_code gone;  // the folder that muster is called in
  const std::filesystem::path absolute = std::filesystem::absolute(path, gone);
  return gone ? path : absolute.lexically_normal().string();
}

absl::StatusOr<std::string> PathForDaemon(const std::string& path) {
  const std::string absolute = AbsolutePath(path);
  if (path != "-" && !absl::StartsWith(absolute, "/")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", path,
        "\" cannot be found: the folder that muster is called in is gone, or no file is named"));
  }
  if (path != "-" && !IsOwnDescriptor(absolute) && !IsPipe(absolute)) return absolute;
  absl::StatusOr<std::string> text = ReadFile(path == "-" ? path : absolute);
  if (!text.ok()) return text.status();
  return InMemory(path, *text);
}

}  // namespace muster::client
