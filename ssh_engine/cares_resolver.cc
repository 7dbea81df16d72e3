#include "ssh_engine/cares_resolver.h"

#include <ares.h>
#include <netdb.h>
#include <sys/time.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace muster::engine {
namespace {

// One look-up. Shared by the caller's request, which may go first, and c-ares, which cannot cancel
// a single one and answers each exactly once.
struct Query {
  std::string host;
  Resolver::Callback callback;  // empty: canceled or answered
};

// c-ares' own names for the network's and the servers' failures.
bool IsTemporary(int status) {
  return status == ARES_ETIMEOUT || status == ARES_ECONNREFUSED || status == ARES_ESERVFAIL ||
         status == ARES_EREFUSED || status == ARES_ENOMEM || status == ARES_EBADRESP;
}

absl::Status FailureOf(const std::string& host, int status) {
  if (IsTemporary(status)) {
    return absl::UnavailableError(absl::StrCat("looking up \"", host, "\": ", ares_strerror(status),
                                               "; is the name server in resolv.conf right?"));
  }
  return absl::NotFoundError(
      absl::StrCat("looking up \"", host, "\": ", ares_strerror(status),
                   "; is the name spelled right, and does it need a domain?"));
}

absl::StatusOr<std::vector<Address>> ResultOf(const std::string& host, int status,
                                              ares_addrinfo* info) {
  if (status != ARES_SUCCESS) return FailureOf(host, status);
  std::vector<Address> addresses;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    addresses.emplace_back(node->ai_addr, node->ai_addrlen);
  }
  ares_freeaddrinfo(info);
  if (addresses.empty()) return FailureOf(host, ARES_ENODATA);
  return addresses;
}

class CaresResolver final : public Resolver {
 public:
  explicit CaresResolver(EventLoop* loop)
      : loop_(loop), timer_(loop->NewTimer([this] { OnTimer(); })) {}
  ~CaresResolver() override;

  absl::Status Init(const CaresOptions& options);
  std::unique_ptr<Request> Resolve(absl::string_view host, Callback callback) override;

 private:
  class RequestImpl final : public Request {
   public:
    explicit RequestImpl(std::shared_ptr<Query> query) : query_(std::move(query)) {}
    ~RequestImpl() override { query_->callback = nullptr; }

   private:
    const std::shared_ptr<Query> query_;
  };
  // What c-ares is handed with a query.
  struct Pending {
    CaresResolver* resolver;
    std::shared_ptr<Query> query;
  };

  static void OnSocket(void* self, ares_socket_t fd, int readable, int writable);
  static void OnAnswer(void* pending, int status, int timeouts, ares_addrinfo* info);
  void Watch(int fd, bool read, bool write);
  void OnReady(int fd, Readiness readiness);
  void OnTimer();
  void ArmTimer();
  // From the loop, so that the callback is never within Resolve nor within c-ares.
  void Answer(std::shared_ptr<Query> query, absl::StatusOr<std::vector<Address>> result);

  EventLoop* const loop_;
  const std::unique_ptr<Timer> timer_;
  absl::flat_hash_map<int, std::unique_ptr<FdWatch>> watches_;
  ares_channel channel_ = nullptr;
};

CaresResolver::~CaresResolver() {
  if (channel_ == nullptr) return;
  ares_destroy(channel_);  // answers what is pending, with ARES_EDESTRUCTION
}

absl::Status CaresResolver::Init(const CaresOptions& options) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options values = {};
  values.sock_state_cb = OnSocket;
  values.sock_state_cb_data = this;
  values.timeout = static_cast<int>(absl::ToInt64Milliseconds(options.timeout));
  values.tries = options.tries;
  values.flags = options.search ? 0 : ARES_FLAG_NOSEARCH;
  const int mask = ARES_OPT_SOCK_STATE_CB | ARES_OPT_FLAGS |
                   (values.timeout > 0 ? ARES_OPT_TIMEOUTMS : 0) |
                   (values.tries > 0 ? ARES_OPT_TRIES : 0);
  int status = library;
  if (status == ARES_SUCCESS) status = ares_init_options(&channel_, &values, mask);
  if (status == ARES_SUCCESS && !options.servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, options.servers.c_str());
  }
  if (status == ARES_SUCCESS) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the resolver cannot start: ", ares_strerror(status)));
}

std::unique_ptr<Resolver::Request> CaresResolver::Resolve(absl::string_view host,
                                                          Callback callback) {
  auto query = std::make_shared<Query>(Query{std::string(host), std::move(callback)});
  if (absl::optional<Address> literal = Address::Parse(host)) {
    Answer(query, std::vector<Address>{*literal});
    return std::make_unique<RequestImpl>(std::move(query));
  }
  ares_addrinfo_hints hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel_, query->host.c_str(), nullptr, &hints, OnAnswer,
                   new Pending{this, query});
  ArmTimer();
  return std::make_unique<RequestImpl>(std::move(query));
}

void CaresResolver::OnAnswer(void* pending, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<Pending> owned(static_cast<Pending*>(pending));
  absl::StatusOr<std::vector<Address>> result = ResultOf(owned->query->host, status, info);
  if (status == ARES_EDESTRUCTION) return;
  owned->resolver->Answer(owned->query, std::move(result));
}

void CaresResolver::Answer(std::shared_ptr<Query> query,
                           absl::StatusOr<std::vector<Address>> result) {
  loop_->Post([query = std::move(query), result = std::move(result)]() mutable {
    Callback callback = std::exchange(query->callback, nullptr);
    if (callback) callback(std::move(result));
  });
}

void CaresResolver::OnSocket(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<CaresResolver*>(self)->Watch(fd, readable != 0, writable != 0);
}

void CaresResolver::Watch(int fd, bool read, bool write) {
  if (!read && !write) {
    watches_.erase(fd);
    return;
  }
  std::unique_ptr<FdWatch>& watch = watches_[fd];
  if (watch == nullptr) {
    watch = loop_->Watch(fd, Priority::kNormal, [this, fd](Readiness readiness) { OnReady(fd, readiness); });
  }
  watch->SetInterest(read, write);
}

void CaresResolver::OnReady(int fd, Readiness readiness) {
  const bool read = readiness.readable || readiness.hangup;
  ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, readiness.writable ? fd : ARES_SOCKET_BAD);
  ArmTimer();
}

void CaresResolver::OnTimer() {
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  ArmTimer();
}

void CaresResolver::ArmTimer() {
  timeval buffer = {};
  const timeval* wait = ares_timeout(channel_, nullptr, &buffer);
  if (wait == nullptr) return timer_->Disarm();
  // A millisecond more: c-ares looks at its own clock.
  timer_->Arm(absl::DurationFromTimeval(*wait) + absl::Milliseconds(1));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Resolver>> NewCaresResolver(EventLoop* loop,
                                                           const CaresOptions& options) {
  auto resolver = std::make_unique<CaresResolver>(loop);
  const absl::Status status = resolver->Init(options);
  if (!status.ok()) return status;
  return resolver;
}

}  // namespace muster::engine
