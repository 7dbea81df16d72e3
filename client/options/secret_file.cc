#include "client/options/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/options/caller_file.h"

namespace muster::client {
namespace {

constexpr size_t kMaxBytes = 4096;

absl::Status CheckFile(const std::string& path, const struct stat& info) {
  if (!S_ISREG(info.st_mode) && !S_ISFIFO(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, " is neither a file nor a pipe"));
  }
  const mode_t closed = info.st_uid == geteuid() ? 077 : 007;
  if ((info.st_mode & closed) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrFormat("%s may be read by others (permissions %04o), so it is not used; run: chmod "
                      "600 %s",
                      path, info.st_mode & 07777, path));
}

absl::StatusOr<std::string> ReadAll(int fd, const std::string& path) {
  std::string text(kMaxBytes + 1, '\0');  // all at once: none of it is left where memory was
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = read(fd, &text[size], text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  if (size > kMaxBytes) {
    OPENSSL_cleanse(&text[0], text.size());
    return absl::InvalidArgumentError(absl::StrCat(path, " is longer than ", kMaxBytes, " bytes"));
  }
  text.resize(size);
  if (absl::EndsWith(text, "\n")) text.pop_back();
  if (absl::EndsWith(text, "\r")) text.pop_back();
  return text;
}

absl::StatusOr<std::string> ReadOpen(int fd, const std::string& path) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot read ", path));
  }
  const absl::Status permitted = CheckFile(path, info);
  if (!permitted.ok()) return permitted;
  return ReadAll(fd, path);
}

}  // namespace

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  if (path == "-") {
    return absl::InvalidArgumentError(
        "- would be standard input, which is the commands'; name a file, or a pipe: <(command)");
  }
  const std::string absolute = AbsolutePath(path);
  const int fd = open(absolute.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) {
    const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", absolute));
    // What the caller's own files do not allow is not what a policy denies.
    if (!absl::IsPermissionDenied(status)) return status;
    return absl::FailedPreconditionError(status.message());
  }
  absl::StatusOr<std::string> text = ReadOpen(fd, absolute);
  close(fd);
  return text;
}

}  // namespace muster::client
