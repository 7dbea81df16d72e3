#include "client/library/unix_connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "client/library/http2_greeting.h"

namespace muster::client {
namespace {

constexpr int kGreetingMilliseconds = 20'000;

// 0, or why nobody could be reached. A path that is too long for an address is entered by way of
// its folder.
int Connect(int fd, const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::string name = path;
  int folder = -1;
  if (name.size() >= sizeof(address.sun_path)) {
    const size_t slash = path.rfind('/');
    folder = open(path.substr(0, slash).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return errno;
    name = absl::StrCat("/proc/self/fd/", folder, path.substr(slash));
  }
  int error = ENAMETOOLONG;
  if (name.size() < sizeof(address.sun_path)) {
    name.copy(address.sun_path, name.size());
    error = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 ? 0 : errno;
  }
  if (folder >= 0) close(folder);
  return error;
}

absl::Status ConnectError(int error, const std::string& path) {
  const std::string what = absl::StrCat("unix:", path, ": ");
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return absl::NotFoundError(
          absl::StrCat(what, "there is no such socket; is musterd running?"));
    case ECONNREFUSED:
      return absl::NotFoundError(
          absl::StrCat(what, "nobody listens on this socket; its musterd has ended"));
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(
          absl::StrCat(what, "user ", geteuid(), " may not open this socket: it is its owner's"));
    default:
      return absl::UnavailableError(absl::StrCat(what, strerror(error)));
  }
}

std::string UserName(uid_t uid) {
  const passwd* const entry = getpwuid(uid);
  return entry != nullptr ? absl::StrCat(entry->pw_name, " (uid ", uid, ")")
                          : absl::StrCat("uid ", uid);
}

// Of who called listen(2): unix(7).
absl::Status CheckPeer(int fd, const std::string& path, uid_t trusted) {
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("unix:", path));
  }
  if (peer.uid == geteuid() || peer.uid == 0 || peer.uid == trusted) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      "unix:", path, " is served by ", UserName(peer.uid),
      ", not by you or root; nothing was sent to it. If that is meant, name the user with "
      "--server-user"));
}

}  // namespace

UnixConnection::~UnixConnection() {
  if (fd_ >= 0) close(fd_);
}

int UnixConnection::Release() { return std::exchange(fd_, -1); }

absl::StatusOr<UnixConnection> UnixConnection::Open(const std::string& path, uid_t trusted) {
  UnixConnection connection(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connection.fd_ < 0) return absl::ErrnoToStatus(errno, "unix socket");
  if (const int error = Connect(connection.fd_, path); error != 0) return ConnectError(error, path);
  if (absl::Status peer = CheckPeer(connection.fd_, path, trusted); !peer.ok()) return peer;
  fcntl(connection.fd_, F_SETFL, O_NONBLOCK);
  return connection;
}

absl::Status UnixConnection::AwaitGreeting(const std::string& path) const {
  const std::string what = absl::StrCat("unix:", path, ": ");
  pollfd poller = {fd_, POLLIN, 0};
  if (poll(&poller, 1, kGreetingMilliseconds) <= 0) {
    return absl::UnavailableError(absl::StrCat(
        what, "who listens there does not answer; is it a musterd, and is it stopped?"));
  }
  char greeting[kHttp2GreetingBytes];
  const ssize_t size = recv(fd_, greeting, sizeof(greeting), MSG_PEEK);
  if (size <= 0) {
    return absl::UnavailableError(
        absl::StrCat(what, "musterd closed the connection; it is ending, or has no room"));
  }
  if (IsHttp2Greeting({greeting, static_cast<size_t>(size)})) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat(what, "who listens there is no musterd: it speaks no gRPC"));
}

}  // namespace muster::client
