#include "tests/sim/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

void TurnOn(int fd, int level, int name) {
  const int one = 1;
  setsockopt(fd, level, name, &one, sizeof(one));
}

// Accepted sockets inherit TCP_NODELAY.
absl::StatusOr<UniqueFd> ListenOnce(uint16_t port, bool shared, int backlog) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  TurnOn(fd.get(), SOL_SOCKET, SO_REUSEADDR);
  TurnOn(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  if (shared) TurnOn(fd.get(), SOL_SOCKET, SO_REUSEPORT);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(fd.get(), backlog) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot listen on port ", port));
  }
  return fd;
}

uint16_t PortOf(int fd) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace

absl::StatusOr<Listeners> Listen(uint16_t port, int count, int backlog) {
  Listeners listeners = {port, {}};
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<UniqueFd> fd = ListenOnce(listeners.port, count > 1, backlog);
    if (!fd.ok()) return fd.status();
    listeners.port = PortOf(fd->get());
    listeners.sockets.push_back(*std::move(fd));
  }
  return listeners;
}

}  // namespace muster::sim
