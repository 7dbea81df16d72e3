#include "service/listen/listening_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/state_folder.h"
#include "ssh_engine/base/file_lock.h"

namespace muster::service {
namespace {

constexpr int kBacklog = 512;

absl::Status ErrnoStatus(absl::string_view what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, what);
}

absl::StatusOr<UniqueFd> Bind(int family, const sockaddr* address, socklen_t size) {
  UniqueFd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) return ErrnoStatus("socket");
  const int one = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
  // With this mask, a unix socket is nobody else's from its first moment.
  const mode_t mask = umask(0177);
  const int bound = bind(fd.get(), address, size);
  umask(mask);
  if (bound != 0) return ErrnoStatus("bind");
  if (listen(fd.get(), kBacklog) != 0) return ErrnoStatus("listen");
  return fd;
}

absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  UniqueFd fd(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return ErrnoStatus(lock_path);
  const int error = engine::LockFile(fd.get());
  if (error == 0) return fd;
  if (error != EWOULDBLOCK) return absl::ErrnoToStatus(error, lock_path);
  return absl::AlreadyExistsError(absl::StrCat("another musterd is serving unix:", path,
                                               "; use that one, stop it, or listen elsewhere"));
}

std::string Printed(const std::string& host, uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return absl::StrCat(v6 ? "[" : "", host, v6 ? "]:" : ":", port);
}

uint16_t PortOf(int fd) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port
                   : reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
}

// A path that is too long for an address is entered by way of its folder.
absl::StatusOr<UniqueFd> BindUnix(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::string name = path;
  UniqueFd folder;
  if (name.size() >= sizeof(address.sun_path)) {
    const size_t slash = path.rfind('/');
    folder.Reset(open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder.valid()) return ErrnoStatus(path);
    name = absl::StrCat("/proc/self/fd/", folder.get(), path.substr(slash));
    errno = ENAMETOOLONG;
    if (name.size() >= sizeof(address.sun_path)) return ErrnoStatus(path);
  }
  name.copy(address.sun_path, name.size());
  return Bind(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

// Connecting takes the right to write to the socket (0600); who may write to its folder could put
// one of his own there.
absl::Status CheckSocketFolder(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return EnsurePrivateFolder(path);
  const bool owned = info.st_uid == geteuid() || info.st_uid == 0;
  if (S_ISDIR(info.st_mode) && owned && (info.st_mode & 022) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, ": must be a folder of user ", geteuid(),
                   " that nobody else can write to (chmod go-w): whoever can may put a socket of "
                   "his own there"));
}

// Only what a daemon has left behind.
absl::Status RemoveOld(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode) && !S_ISLNK(info.st_mode)) {
    return absl::AlreadyExistsError(absl::StrCat(path, ": is there already, and is no socket"));
  }
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(path);
}

// What bind(2) says on file systems of others: SMB, AFS, FAT, some of FUSE.
bool HasNoSockets(int error) {
  return error == EPERM || error == EOPNOTSUPP || error == EINVAL || error == ENOSYS;
}

}  // namespace

absl::StatusOr<ListeningSocket> ListeningSocket::Open(const ListenAddress& address) {
  return address.is_unix() ? OpenUnix(address.path) : OpenTcp(address);
}

absl::StatusOr<ListeningSocket> ListeningSocket::OpenUnix(const std::string& path) {
  const absl::Status folder = CheckSocketFolder(std::filesystem::path(path).parent_path());
  if (!folder.ok()) return folder;
  absl::StatusOr<UniqueFd> lock = Lock(path);
  if (!lock.ok()) return lock.status();
  ListeningSocket socket(UniqueFd(), absl::StrCat("unix:", path));
  socket.lock_ = *std::move(lock);
  socket.path_ = path;
  if (absl::Status made = socket.MakeSocket(); !made.ok()) return made;
  return socket;
}

// Its daemon is gone, or it would have the lock.
absl::Status ListeningSocket::MakeSocket() {
  if (absl::Status removed = RemoveOld(path_); !removed.ok()) return removed;
  absl::StatusOr<UniqueFd> fd = BindUnix(path_);
  if (!fd.ok() && HasNoSockets(errno)) return MakeElsewhere();
  if (!fd.ok()) {
    return absl::Status(fd.status().code(), absl::StrCat(name_, ": ", fd.status().message()));
  }
  fd_ = *std::move(fd);
  return NoteFile(path_);
}

// In a folder whose name nobody could know before.
absl::Status ListeningSocket::MakeElsewhere() {
  std::string folder = absl::StrCat("/tmp/muster-", geteuid(), ".XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) return ErrnoStatus(folder);
  elsewhere_ = folder + "/musterd.sock";
  absl::StatusOr<UniqueFd> fd = BindUnix(elsewhere_);
  if (!fd.ok()) return fd.status();
  fd_ = *std::move(fd);
  if (symlink(elsewhere_.c_str(), path_.c_str()) != 0) {
    return ErrnoStatus(absl::StrCat(name_, ": neither a socket nor a link can be made there"));
  }
  return NoteFile(elsewhere_);
}

absl::Status ListeningSocket::NoteFile(const std::string& path) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return ErrnoStatus(path);
  device_ = info.st_dev;
  inode_ = info.st_ino;
  return absl::OkStatus();
}

bool ListeningSocket::IsAt(const std::string& path) const {
  struct stat info = {};
  return stat(path.c_str(), &info) == 0 && info.st_dev == device_ && info.st_ino == inode_;
}

absl::Status ListeningSocket::LinkFrom(const std::string& link) {
  if (absl::Status removed = RemoveOld(link); !removed.ok()) return removed;
  link_ = link;
  return symlink(path_.c_str(), link.c_str()) == 0 ? absl::OkStatus() : ErrnoStatus(link);
}

// The lock goes with its folder: then another daemon may have come.
absl::Status ListeningSocket::KeepLock() {
  struct stat held = {};
  struct stat there = {};
  if (fstat(lock_.get(), &held) == 0 && stat((path_ + ".lock").c_str(), &there) == 0 &&
      held.st_dev == there.st_dev && held.st_ino == there.st_ino) {
    return absl::OkStatus();
  }
  absl::StatusOr<UniqueFd> lock = Lock(path_);
  if (lock.ok()) lock_ = *std::move(lock);
  return lock.status();
}

bool ListeningSocket::IsThere() const {
  return path_.empty() || (IsAt(path_) && (link_.empty() || IsAt(link_)));
}

absl::Status ListeningSocket::Renew() {
  absl::Status status;
  if (!IsAt(path_)) {
    status = CheckSocketFolder(std::filesystem::path(path_).parent_path());
    if (status.ok()) status = KeepLock();
    if (status.ok()) status = MakeSocket();
  }
  if (status.ok() && !link_.empty()) status = LinkFrom(link_);
  return status;
}

absl::StatusOr<ListeningSocket> ListeningSocket::OpenTcp(const ListenAddress& address) {
  const std::string name = Printed(address.host, address.port);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  absl::StatusOr<UniqueFd> fd = Bind(found->ai_family, found->ai_addr, found->ai_addrlen);
  if (!fd.ok()) {
    return absl::Status(fd.status().code(), absl::StrCat(name, ": ", fd.status().message()));
  }
  const uint16_t port = PortOf(fd->get());
  return ListeningSocket(*std::move(fd), Printed(address.host, port));
}

ListeningSocket::~ListeningSocket() { Close(); }

void ListeningSocket::Close() {
  if (fd_.valid() && !path_.empty()) {
    if (!link_.empty() && IsAt(link_)) unlink(link_.c_str());
    if (IsAt(path_)) unlink(path_.c_str());
    if (!elsewhere_.empty()) {
      unlink(elsewhere_.c_str());
      rmdir(std::filesystem::path(elsewhere_).parent_path().c_str());
    }
  }
  fd_.Reset();
}

}  // namespace muster::service
