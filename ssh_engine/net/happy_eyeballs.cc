#include "ssh_engine/net/happy_eyeballs.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <deque>
#include <list>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::engine {
namespace {

// "Connection Attempt Delay" (RFC 8305, 5).
constexpr absl::Duration kStagger = absl::Milliseconds(250);
// "Resolution Delay" (3): so long IPv4 waits for IPv6.
constexpr absl::Duration kResolutionDelay = absl::Milliseconds(50);
// libssh keeps descriptors in 16 bits in one place.
constexpr int kMaxDescriptor = 65535;

Cause CauseOf(int error) {
  switch (error) {
    case ECONNREFUSED:
      return Cause::kRefused;
    case ETIMEDOUT:
      return Cause::kTimeout;
    case ECONNRESET:
      return Cause::kReset;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EADDRNOTAVAIL:
      return Cause::kLocal;
    default:
      return Cause::kNetwork;
  }
}

const char* AdviceFor(int error) {
  switch (error) {
    case ECONNREFUSED:
      return "; is sshd running there, on that port?";
    case EMFILE:
    case ENFILE:
      return "; raise the limit on open files (ulimit -n) or lower the number of hosts in flight";
    default:
      return "";
  }
}

// Addresses that are still to be tried: families in turn (RFC 8305, 4).
class Waiting {
 public:
  bool empty() const { return ipv6_.empty() && ipv4_.empty(); }
  bool HasIpv6() const { return !ipv6_.empty(); }
  void Add(const std::vector<Address>& addresses) {
    for (const Address& address : addresses) Of(address.family()).push_back(address);
  }
  void SetTurn(int family) { turn_ = family; }
  // Not where it is empty.
  Address Take() {
    std::deque<Address>& first = Of(turn_);
    std::deque<Address>& from = first.empty() ? Of(Other(turn_)) : first;
    Address address = from.front();
    from.pop_front();
    turn_ = Other(address.family());
    return address;
  }

 private:
  static int Other(int family) { return family == AF_INET6 ? AF_INET : AF_INET6; }
  std::deque<Address>& Of(int family) { return family == AF_INET6 ? ipv6_ : ipv4_; }

  std::deque<Address> ipv6_;
  std::deque<Address> ipv4_;
  int turn_ = AF_INET6;
};

int PendingError(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

// tcp(7): "tcpi_total_retrans"; before any data it counts SYNs.
bool SynRetransmitted(int fd) {
  tcp_info info = {};
  socklen_t size = sizeof(info);
  return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 && info.tcpi_total_retrans > 0;
}

class ConnectAttempt final : public Connector::Attempt {
 public:
  ConnectAttempt(EventLoop* loop, uint16_t port, Connector::Callback callback)
      : loop_(loop),
        port_(port),
        callback_(std::move(callback)),
        stagger_(loop->NewTimer([this] { StartNext(); })) {}

  void Start(Resolver* resolver, absl::string_view host) {
    request_ =
        resolver->Resolve(host, [this](Resolver::Answer answer) { OnAnswer(std::move(answer)); });
  }

 private:
  // One address being connected to.
  struct Try {
    Address address;
    UniqueFd fd;
    std::unique_ptr<FdWatch> watch;  // destroyed before fd
  };
  using TryIt = std::list<Try>::iterator;

  void OnAnswer(Resolver::Answer answer);
  void FailToResolve(const absl::Status& status);
  // Tries the next address, and those after it as long as they fail at once.
  void StartNext();
  // 0, or what failed.
  int StartOne(const Address& address);
  void OnReady(TryIt it);
  void NoteFailure(const Address& address, int error);
  void FailIfNoneLeft();
  void Deliver(ConnectResult result);

  EventLoop* const loop_;
  const uint16_t port_;
  Connector::Callback callback_;
  const std::unique_ptr<Timer> stagger_;  // until the next address is tried
  std::unique_ptr<Resolver::Request> request_;
  Waiting waiting_;
  bool answered_ = false;  // once
  bool started_ = false;   // to try
  bool resolved_ = false;  // no more addresses will come
  std::list<Try> tries_;
  Cause cause_ = Cause::kNetwork;  // of the failure that tells most
  std::vector<std::string> failures_;
};

void ConnectAttempt::OnAnswer(Resolver::Answer answer) {
  if (!answer.addresses.ok()) return FailToResolve(answer.addresses.status());
  resolved_ = answer.last;
  const bool first = !std::exchange(answered_, true);
  // IPv6 first where each comes by itself, else in the order that was given (RFC 6724).
  if (first && !answer.addresses->empty()) waiting_.SetTurn(answer.addresses->front().family());
  waiting_.Add(*answer.addresses);
  if (!started_) {
    if (!first && waiting_.HasIpv6()) waiting_.SetTurn(AF_INET6);
    if (!resolved_ && !waiting_.HasIpv6()) return stagger_->Arm(kResolutionDelay);
    return StartNext();
  }
  // Those that are late join, in their turn.
  if (tries_.empty()) return StartNext();
  if (!waiting_.empty() && !stagger_->armed()) stagger_->Arm(kStagger);
}

void ConnectAttempt::FailToResolve(const absl::Status& status) {
  ConnectResult result;
  result.cause = absl::IsUnavailable(status) ? Cause::kDnsFailed : Cause::kDns;
  result.message = absl::StrCat(status.message());
  Deliver(std::move(result));
}

void ConnectAttempt::StartNext() {
  started_ = true;
  while (!waiting_.empty()) {
    Address address = waiting_.Take();
    address.set_port(port_);
    const int error = StartOne(address);
    if (error == 0) {
      if (!waiting_.empty()) stagger_->Arm(kStagger);
      return;
    }
    NoteFailure(address, error);
  }
  FailIfNoneLeft();
}

int ConnectAttempt::StartOne(const Address& address) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!fd.valid()) return errno;
  if (fd.get() > kMaxDescriptor) return EMFILE;
  const int one = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (connect(fd.get(), address.get(), address.length()) != 0 && errno != EINPROGRESS) return errno;
  tries_.push_back({address, std::move(fd), nullptr});
  const TryIt it = std::prev(tries_.end());
  it->watch =
      loop_->Watch(it->fd.get(), Priority::kBackground, [this, it](Readiness) { OnReady(it); });
  it->watch->SetInterest(false, true);
  return 0;
}

void ConnectAttempt::OnReady(TryIt it) {
  const int error = PendingError(it->fd.get());
  it->watch.reset();
  Try done = std::move(*it);
  tries_.erase(it);
  if (error != 0) {
    NoteFailure(done.address, error);
    // No need to wait out the stagger.
    stagger_->Disarm();
    return StartNext();
  }
  ConnectResult result;
  result.syn_retransmitted = SynRetransmitted(done.fd.get());
  result.fd = std::move(done.fd);
  result.peer = done.address;
  tries_.clear();
  stagger_->Disarm();
  request_.reset();
  Deliver(std::move(result));
}

// A host that refuses is there, whatever its other addresses say.
void ConnectAttempt::NoteFailure(const Address& address, int error) {
  if (failures_.empty() || cause_ == Cause::kNetwork || error == ECONNREFUSED) {
    cause_ = CauseOf(error);
  }
  failures_.push_back(
      absl::StrCat("connect to ", address.ToString(), ": ", strerror(error), AdviceFor(error)));
}

void ConnectAttempt::FailIfNoneLeft() {
  if (!tries_.empty() || !resolved_) return;
  ConnectResult result;
  result.cause = cause_;
  result.message = absl::StrJoin(failures_, ". ");
  Deliver(std::move(result));
}

void ConnectAttempt::Deliver(ConnectResult result) {
  Connector::Callback callback = std::move(callback_);
  callback(std::move(result));  // may destroy this
}

class HappyEyeballs final : public Connector {
 public:
  HappyEyeballs(EventLoop* loop, Resolver* resolver) : loop_(loop), resolver_(resolver) {}

  std::unique_ptr<Attempt> Connect(absl::string_view host, uint16_t port,
                                   Callback callback) override {
    auto attempt = std::make_unique<ConnectAttempt>(loop_, port, std::move(callback));
    attempt->Start(resolver_, host);
    return attempt;
  }

 private:
  EventLoop* const loop_;
  Resolver* const resolver_;
};

}  // namespace

std::unique_ptr<Connector> NewHappyEyeballs(EventLoop* loop, Resolver* resolver) {
  return std::make_unique<HappyEyeballs>(loop, resolver);
}

}  // namespace muster::engine
