#include "tests/sim/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <cstdio>
#include <utility>

namespace muster::sim {
namespace {

// A whole backlog: real hosts have a listener each, and would lose nobody's SYN in a rush.
constexpr int kAcceptsPerTurn = 4096;
constexpr absl::Duration kPauseWithoutDescriptors = absl::Milliseconds(100);

Address LocalAddress(int fd) {
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohl(address.sin_addr.s_addr);
}

}  // namespace

Server::Server(engine::EventLoop* loop, UniqueFd listener, const World& world)
    : world_(world),
      loop_(loop),
      surroundings_{loop,        &buffers_, &key_exchange_, world.host_keys, world.statistics,
                    world.verify},
      listener_(std::move(listener)),
      watch_(loop->Watch(listener_.get(), engine::Priority::kNormal, [this](engine::Readiness) { OnReadable(); })),
      resume_(loop->NewTimer([this] { watch_->SetInterest(true, false); })) {
  watch_->SetInterest(true, false);
}

Server::~Server() { world_.statistics->live -= connections_.size(); }

void Server::OnReadable() {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    UniqueFd fd(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd.valid()) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) Pause();
      return;
    }
    const Address address = LocalAddress(fd.get());
    Accept(std::move(fd), address);
  }
}

void Server::Accept(UniqueFd fd, Address address) {
  const Behaviour& behaviour = world_.rules->Find(address);
  if (behaviour.throttle != nullptr &&
      !behaviour.throttle->Enter(static_cast<int>(dice_() % 100))) {
    ++world_.statistics->connections;
    ++world_.statistics->throttled;
    return;
  }
  world_.statistics->Connected();
  auto owned = std::make_unique<Connection>(surroundings_, std::move(fd), address, behaviour, this);
  Connection* const connection = owned.get();
  connections_.emplace(connection, std::move(owned));
  connection->Start();
}

void Server::OnEnd(Connection* connection) {
  --world_.statistics->live;
  loop_->Defer([this, connection] { connections_.erase(connection); });
}

void Server::Pause() {
  std::fprintf(stderr, "sim_fleet: accept: %s; %zu connections are open\n", strerror(errno),
               connections_.size());
  watch_->SetInterest(false, false);
  resume_->Arm(kPauseWithoutDescriptors);
}

}  // namespace muster::sim
