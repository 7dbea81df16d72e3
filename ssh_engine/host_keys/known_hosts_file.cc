#include "ssh_engine/host_keys/known_hosts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::engine {
namespace {

using TablePtr = std::shared_ptr<const HostKeyTable>;

constexpr size_t kMaxFile = 256 * 1024 * 1024;  // bytes
constexpr size_t kReadSize = 256 * 1024;
constexpr absl::string_view kKrlMagic("SSHKRL\n\0", 8);  // OpenSSH's PROTOCOL.krl
constexpr int kMaxReplacements = 100;  // of the file by others, while it is being opened

// What the caller's own files do not allow is not what a policy denies.
absl::Status Error(absl::string_view what, const std::string& path) {
  const absl::Status status =
      absl::ErrnoToStatus(errno, absl::StrCat("cannot ", what, " known_hosts file ", path));
  if (!absl::IsPermissionDenied(status)) return status;
  return absl::FailedPreconditionError(status.message());
}

// From where the descriptor stands to the end.
absl::StatusOr<std::string> ReadToEnd(int fd, const std::string& path) {
  std::string text;
  while (true) {
    const size_t size = text.size();
    text.resize(size + kReadSize);
    const ssize_t got = read(fd, &text[size], kReadSize);
    text.resize(size + (got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error("read", path);
    if (got == 0) return text;
    if (text.size() > kMaxFile) {
      return absl::ResourceExhaustedError(
          absl::StrCat("known_hosts file ", path, " is larger than ", kMaxFile, " bytes"));
    }
  }
}

bool SameVersion(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// Not valid where the file does not exist.
absl::StatusOr<UniqueFd> OpenToRead(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!fd.valid() && errno != ENOENT && errno != ENOTDIR) return Error("open", path);
  return fd;
}

// Each line that has a key, as known_hosts has it.
std::string AsRevocations(absl::string_view text) {
  std::string revocations;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view key = absl::StripAsciiWhitespace(line);
    const bool has_key = !key.empty() && key.front() != '#';
    absl::StrAppend(&revocations, has_key ? "@revoked * " : "", key, "\n");
  }
  return revocations;
}

}  // namespace

absl::StatusOr<TablePtr> ReadKnownHosts(const std::string& path, const HostKeyTable* before) {
  return KnownHostsFile(path).Read(before);
}

absl::StatusOr<TablePtr> ReadRevokedKeys(const std::string& path) {
  const absl::StatusOr<UniqueFd> fd = OpenToRead(path);
  if (!fd.ok()) return fd.status();
  if (!fd->valid()) {
    return absl::NotFoundError(
        absl::StrCat("there is no file ", path, " (RevokedHostKeys) to check host keys against"));
  }
  const absl::StatusOr<std::string> text = ReadToEnd(fd->get(), path);
  if (!text.ok()) return text.status();
  if (absl::StartsWith(*text, kKrlMagic)) {
    return absl::UnimplementedError(absl::StrCat(
        path,
        " is a key revocation list (KRL), which is not read; RevokedHostKeys takes a file "
        "with a public key on each line, too"));
  }
  return std::make_shared<const HostKeyTable>(path, AsRevocations(*text));
}

absl::StatusOr<TablePtr> KnownHostsFile::Read(const HostKeyTable* before) {
  const absl::StatusOr<UniqueFd> fd = OpenToRead(path_);
  if (!fd.ok()) return fd.status();
  if (!fd->valid()) return std::make_shared<const HostKeyTable>(path_, "");
  return ReadFrom(fd->get(), before);
}

bool KnownHostsFile::IsNull() const {
  struct stat info = {};
  return stat(path_.c_str(), &info) == 0 && S_ISCHR(info.st_mode) &&
         info.st_rdev == makedev(1, 3);  // null(4)
}

absl::StatusOr<TablePtr> KnownHostsFile::ReadFrom(int fd, const HostKeyTable* before) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return Error("read", path_);
  const absl::StatusOr<std::string> text = ReadToEnd(fd, path_);
  if (!text.ok()) return text.status();
  auto table = std::make_shared<const HostKeyTable>(path_, *text, before);
  last_ = info;
  lines_ = table->lines();
  return table;
}

absl::StatusOr<UniqueFd> KnownHostsFile::OpenOrCreate() const {
  const int flags = O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  UniqueFd fd(open(path_.c_str(), flags, 0600));
  if (!fd.valid() && errno == ENOENT) {
    const size_t slash = path_.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path_.substr(0, slash);
    if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
      return absl::ErrnoToStatus(
          errno, absl::StrCat("cannot make the folder ", folder, " for a known_hosts file"));
    }
    fd.Reset(open(path_.c_str(), flags, 0600));
  }
  if (!fd.valid()) return Error("write", path_);
  return fd;
}

absl::StatusOr<UniqueFd> KnownHostsFile::OpenLocked() const {
  // ssh-keygen -R and editors put another file in its place.
  for (int i = 0; i < kMaxReplacements; ++i) {
    absl::StatusOr<UniqueFd> fd = OpenOrCreate();
    if (!fd.ok()) return fd;
    if (flock(fd->get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) return Error("lock", path_);
      return absl::UnavailableError(
          absl::StrCat("another program has locked known_hosts file ", path_));
    }
    struct stat locked = {}, named = {};
    if (fstat(fd->get(), &locked) != 0) return Error("read", path_);
    if (!S_ISREG(locked.st_mode)) {
      return absl::FailedPreconditionError(
          absl::StrCat("known_hosts file ", path_, " is not a regular file"));
    }
    const bool exists = stat(path_.c_str(), &named) == 0;
    if (exists && locked.st_dev == named.st_dev && locked.st_ino == named.st_ino) return fd;
  }
  return absl::AbortedError(
      absl::StrCat("known_hosts file ", path_, " is being replaced again and again"));
}

absl::StatusOr<KnownHostsFile::Session> KnownHostsFile::Open(const HostKeyTable* before) {
  absl::StatusOr<UniqueFd> fd = OpenLocked();
  if (!fd.ok()) return fd.status();
  Session session;
  session.file_ = this;
  session.fd_ = *std::move(fd);
  struct stat info = {};
  if (fstat(session.fd_.get(), &info) != 0) return Error("read", path_);
  if (SameVersion(info, last_)) return session;
  absl::StatusOr<TablePtr> table = ReadFrom(session.fd_.get(), before);
  if (!table.ok()) return table.status();
  session.changed_ = *std::move(table);
  return session;
}

absl::StatusOr<std::string> KnownHostsFile::Session::Append(std::string line) {
  const std::string& path = file_->path_;
  struct stat before = {};
  if (fstat(fd_.get(), &before) != 0) return Error("read", path);
  char last = '\n';
  if (before.st_size > 0 && pread(fd_.get(), &last, 1, before.st_size - 1) != 1) {
    return Error("read", path);
  }
  if (last != '\n') line.insert(0, "\n");
  const ssize_t written = write(fd_.get(), line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size())) {
    if (written >= 0) errno = ENOSPC;
    const absl::Status error = Error("write", path);
    // A torn line must not stay: the next would be joined to it.
    if (written > 0 && ftruncate(fd_.get(), before.st_size) != 0) {
      return absl::Status(error.code(),
                          absl::StrCat(error.message(), "; its last line is incomplete"));
    }
    return error;
  }
  if (fstat(fd_.get(), &file_->last_) != 0) return Error("read", path);
  return absl::StrCat(path, ":", ++file_->lines_);
}

}  // namespace muster::engine
