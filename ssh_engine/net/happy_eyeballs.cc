#include "ssh_engine/net/happy_eyeballs.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include <deque>
#include <iterator>
#include <list>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace muster::engine {
namespace {

// "Connection Attempt Delay" (RFC 8305, 5).
constexpr absl::Duration kStagger = absl::Milliseconds(250);
// "Resolution Delay" (3): so long IPv4 waits for IPv6.
constexpr absl::Duration kResolutionDelay = absl::Milliseconds(50);
constexpr absl::Duration kAttemptDelay = absl::Seconds(1);  // ssh_config(5), ConnectionAttempts
// libssh keeps descriptors in 16 bits in one place.
constexpr int kMaxDescriptor = 65535;
constexpr int kNotBound = -1;

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

std::vector<Address> ParseAll(const std::vector<std::string>& texts) {
  std::vector<Address> addresses;
  for (const std::string& text : texts) {
    if (const auto address = Address::Parse(text)) addresses.push_back(*address);
  }
  return addresses;
}

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
  ConnectAttempt(EventLoop* loop, absl::string_view host, uint16_t port,
                 const ConnectOptions& options, Connector::Callback callback)
      : loop_(loop),
        host_(host),
        port_(port),
        options_(options),
        sources_(ParseAll(options.sources)),
        callback_(std::move(callback)),
        stagger_(loop->NewTimer([this] { StartNext(); })) {}

  void Start(Resolver* resolver) {
    request_ =
        resolver->Resolve(host_, [this](Resolver::Answer answer) { OnAnswer(std::move(answer)); });
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
  // Whether addresses of the family are to be tried.
  bool Wants(int family) const;
  void FailToResolve(const absl::Status& status);
  // Tries the next address, and those after it as long as they fail at once.
  void StartNext();
  // 0, or what failed, as errno or kNotBound.
  int StartOne(const Address& address);
  // False: that was noted.
  bool Bind(int fd, int family);
  void OnReady(TryIt it);
  void NoteFailure(const Address& address, int error);
  void FailIfNoneLeft();
  bool TryAllAgain();
  std::string NoneWanted() const;
  void Deliver(ConnectResult result);

  EventLoop* const loop_;
  const std::string host_;
  const uint16_t port_;
  const ConnectOptions options_;
  const std::vector<Address> sources_;
  Connector::Callback callback_;
  const std::unique_ptr<Timer> stagger_;  // until the next address is tried
  std::unique_ptr<Resolver::Request> request_;
  std::vector<Address> all_;  // that were wanted
  Waiting waiting_;
  int attempts_ = 1;
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
  std::vector<Address> addresses;
  absl::c_copy_if(*answer.addresses, std::back_inserter(addresses),
                  [this](const Address& address) { return Wants(address.family()); });
  // IPv6 first where each comes by itself, else in the order that was given (RFC 6724).
  if (first && !addresses.empty()) waiting_.SetTurn(addresses.front().family());
  waiting_.Add(addresses);
  all_.insert(all_.end(), addresses.begin(), addresses.end());
  if (!started_) {
    if (!first && waiting_.HasIpv6()) waiting_.SetTurn(AF_INET6);
    const bool comes = !resolved_ && Wants(AF_INET6);
    if (comes && !waiting_.HasIpv6()) return stagger_->Arm(kResolutionDelay);
    return StartNext();
  }
  // Those that are late join, in their turn.
  if (tries_.empty()) return StartNext();
  if (!waiting_.empty() && !stagger_->armed()) stagger_->Arm(kStagger);
}

bool ConnectAttempt::Wants(int family) const {
  if (options_.family != AF_UNSPEC && options_.family != family) return false;
  return sources_.empty() || absl::c_any_of(sources_, [family](const Address& source) {
           return source.family() == family;
         });
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
    if (error != kNotBound) NoteFailure(address, error);
  }
  FailIfNoneLeft();
}

int ConnectAttempt::StartOne(const Address& address) {
  UniqueFd fd(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
  if (!fd.valid()) return errno;
  if (fd.get() > kMaxDescriptor) return EMFILE;
  const int one = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  if (!Bind(fd.get(), address.family())) return kNotBound;
  if (connect(fd.get(), address.get(), address.length()) != 0 && errno != EINPROGRESS) return errno;
  tries_.push_back({address, std::move(fd), nullptr});
  const TryIt it = std::prev(tries_.end());
  it->watch =
      loop_->Watch(it->fd.get(), Priority::kBackground, [this, it](Readiness) { OnReady(it); });
  it->watch->SetInterest(false, true);
  return 0;
}

// The port is chosen by connect(2), which has more of them to choose from than bind(2) would.
bool ConnectAttempt::Bind(int fd, int family) {
  for (const Address& source : sources_) {
    if (source.family() != family) continue;
    const int one = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
    if (bind(fd, source.get(), source.length()) == 0) return true;
    failures_.push_back(absl::StrCat(
        "connect from ", absl::StripSuffix(source.ToString(), ":0"), ": ", strerror(errno),
        "; is that an address of this machine (BindAddress, BindInterface)?"));
    return false;
  }
  return true;
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
  if (!tries_.empty() || !resolved_ || TryAllAgain()) return;
  ConnectResult result;
  result.cause = cause_;
  result.message = all_.empty() ? NoneWanted() : absl::StrJoin(failures_, ". ");
  if (attempts_ > 1) result.message = absl::StrCat(attempts_, " attempts: ", result.message);
  Deliver(std::move(result));
}

bool ConnectAttempt::TryAllAgain() {
  if (all_.empty() || attempts_ >= options_.attempts) return false;
  ++attempts_;
  failures_.clear();
  waiting_.Add(all_);
  stagger_->Arm(kAttemptDelay);
  return true;
}

std::string ConnectAttempt::NoneWanted() const {
  const char* const family = options_.family == AF_INET    ? "IPv4 "
                             : options_.family == AF_INET6 ? "IPv6 "
                                                           : "";
  const std::string from =
      sources_.empty() ? "" : absl::StrCat(" from ", absl::StrJoin(options_.sources, " or "));
  return absl::StrCat(host_, " has no ", family, "address that may be connected to", from,
                      "; ssh_config's AddressFamily, BindAddress or BindInterface asks for that");
}

void ConnectAttempt::Deliver(ConnectResult result) {
  Connector::Callback callback = std::move(callback_);
  callback(std::move(result));  // may destroy this
}

class HappyEyeballs final : public Connector {
 public:
  HappyEyeballs(EventLoop* loop, Resolver* resolver) : loop_(loop), resolver_(resolver) {}

  std::unique_ptr<Attempt> Connect(absl::string_view host, uint16_t port,
                                   const ConnectOptions& options, Callback callback) override {
    auto attempt =
        std::make_unique<ConnectAttempt>(loop_, host, port, options, std::move(callback));
    attempt->Start(resolver_);
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
