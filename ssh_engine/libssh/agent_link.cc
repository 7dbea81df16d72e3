#include "ssh_engine/libssh/agent_link.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <utility>

#include "ssh_engine/credentials/agent.h"

namespace muster::engine {
namespace {

constexpr time_t kConnectSeconds = 5;

}  // namespace

bool AgentLink::Open(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return false;
  path.copy(address.sun_path, path.size());
  UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit = {kConnectSeconds, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return false;
  }
  MutexLock lock(&mutex_);
  if (aborted_) return false;
  fd_ = std::move(fd);
  return true;
}

void AgentLink::Close() {
  MutexLock lock(&mutex_);
  fd_.Reset();
}

void AgentLink::Abort() {
  MutexLock lock(&mutex_);
  aborted_ = true;
  if (fd_.valid()) shutdown(fd_.get(), SHUT_RDWR);
}

int AgentLink::fd() {
  MutexLock lock(&mutex_);
  return fd_.get();
}

OneKeyAgent::OneKeyAgent(const std::string& public_key) {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) return;
  libsshs_.Reset(fds[0]);
  ours_.Reset(fds[1]);
  const std::string answer = AgentAnswer({{public_key, ""}});
  send(ours_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  shutdown(ours_.get(), SHUT_WR);  // who asks for more gets an end, and does not wait
}

}  // namespace muster::engine
