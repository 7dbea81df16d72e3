#include "service/listen/acceptor.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace muster::service {
namespace {

// How many of the last descriptors are kept for what is under way.
constexpr int kKeptFree = 16;
// While descriptors are scarce, so that the loop does not spin.
constexpr int kPauseMilliseconds = 50;
// How often it is looked whether a unix socket's file is still there.
constexpr int kRenewMilliseconds = 2000;

UniqueFd OpenReserve() { return UniqueFd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool IsScarcity(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// New descriptors get the lowest free number: a high one tells that few are left.
bool FewLeft(int fd) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<rlim_t>(fd) + kKeptFree >= limit.rlim_cur;
}

}  // namespace

Acceptor::Acceptor(ListeningSocket* socket, Grpc grpc, Grpc roots,
                   std::function<absl::Status()> may_renew)
    : socket_(socket),
      grpc_(std::move(grpc)),
      roots_(std::move(roots)),
      may_renew_(std::move(may_renew)),
      stop_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      reserve_(OpenReserve()) {}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Start() {
  thread_ = std::thread([this] { Loop(); });
  pthread_setname_np(thread_.native_handle(), "acceptor");
}

void Acceptor::Stop() {
  if (!thread_.joinable()) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(stop_.get(), &one, sizeof(one));
  thread_.join();
  socket_->Close();
}

void Acceptor::Loop() {
  const int wait = socket_->is_unix() ? kRenewMilliseconds : -1;
  bool scarce = false;
  for (;;) {
    pollfd fds[] = {{stop_.get(), POLLIN, 0}, {socket_->fd(), POLLIN, 0}};
    // A pause watches for the end alone.
    const int ready = poll(fds, scarce ? 1 : 2, scarce ? kPauseMilliseconds : wait);
    if (fds[0].revents != 0) return;
    if (ready == 0 && !scarce) RenewSocket();
    scarce = !AcceptAll();
  }
}

void Acceptor::RenewSocket() {
  if (socket_->IsThere()) return;
  absl::Status status = may_renew_();
  if (status.ok()) status = socket_->Renew();
  const std::string problem(status.message());
  if (status.ok()) spdlog::warn("{} had been removed: made anew", socket_->name());
  if (!status.ok() && problem != renewal_problem_) {
    spdlog::error("{} was removed and is not made anew: {}", socket_->name(), problem);
  }
  renewal_problem_ = problem;
}

bool Acceptor::AcceptAll() {
  for (;;) {
    UniqueFd connection(accept4(socket_->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (connection.valid()) {
      HandOver(std::move(connection));
    } else if (IsScarcity(errno)) {
      ShedOne();
      return false;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return true;
    }
  }
}

void Acceptor::HandOver(UniqueFd connection) {
  if (FewLeft(connection.get())) {
    ++shed_;
    return;
  }
  grpc::experimental::ExternalConnectionAcceptor* const taker = TakerOf(connection);
  if (taker == nullptr) return;
  if (!socket_->is_unix()) {
    const int one = 1;
    setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = socket_->fd();
  parameters.fd = connection.Release();
  taker->HandleNewConnection(&parameters);
}

// The socket's mode keeps others out already; this holds even where the folder was opened by
// mistake.
grpc::experimental::ExternalConnectionAcceptor* Acceptor::TakerOf(
    const UniqueFd& connection) const {
  if (!socket_->is_unix()) return grpc_.get();
  ucred peer = {};
  socklen_t size = sizeof(peer);
  if (getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return nullptr;
  if (peer.uid == geteuid()) return grpc_.get();
  return peer.uid == 0 ? roots_.get() : nullptr;
}

void Acceptor::ShedOne() {
  reserve_.Reset();
  const UniqueFd connection(accept4(socket_->fd(), nullptr, nullptr, SOCK_CLOEXEC));
  if (connection.valid()) ++shed_;
  reserve_ = OpenReserve();
}

}  // namespace muster::service
