#include "service/listening_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

constexpr int kBacklog = 512;

absl::Status ErrnoStatus(absl::string_view what) {
  const int error = errno;
  return absl::ErrnoToStatus(error, absl::StrCat(what, ": ", strerror(error)));
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

// The lock is the kernel's, so it goes with its process, however that ends.
absl::StatusOr<UniqueFd> Lock(const std::string& path) {
  const std::string lock_path = path + ".lock";
  UniqueFd fd(open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return ErrnoStatus(lock_path);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) == 0) return fd;
  if (errno != EWOULDBLOCK) return ErrnoStatus(lock_path);
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

}  // namespace

absl::Status EnsurePrivateFolder(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return ErrnoStatus(path);
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) return ErrnoStatus(path);
  if (!S_ISDIR(info.st_mode) || info.st_uid != geteuid() || (info.st_mode & 077) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, ": must be a folder of user ", geteuid(),
        " that nobody else can enter (mode 0700): whoever can is able to use this user's keys"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ListeningSocket> ListeningSocket::Open(const ListenAddress& address) {
  return address.is_unix() ? OpenUnix(address.path) : OpenTcp(address);
}

absl::StatusOr<ListeningSocket> ListeningSocket::OpenUnix(const std::string& path) {
  const absl::Status folder = EnsurePrivateFolder(std::filesystem::path(path).parent_path());
  if (!folder.ok()) return folder;
  absl::StatusOr<UniqueFd> lock = Lock(path);
  if (!lock.ok()) return lock.status();
  struct stat info = {};
  if (lstat(path.c_str(), &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) {
      return absl::AlreadyExistsError(absl::StrCat(path, ": is there already, and is no socket"));
    }
    unlink(path.c_str());  // its daemon is gone, or it would have the lock
  }
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  absl::StatusOr<UniqueFd> fd =
      Bind(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  if (!fd.ok()) {
    return absl::Status(fd.status().code(),
                        absl::StrCat("unix:", path, ": ", fd.status().message()));
  }
  ListeningSocket socket(*std::move(fd), absl::StrCat("unix:", path));
  socket.lock_ = *std::move(lock);
  socket.path_ = path;
  return socket;
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

ListeningSocket::~ListeningSocket() {
  // While the lock is still held.
  if (fd_.valid() && !path_.empty()) unlink(path_.c_str());
}

}  // namespace muster::service
