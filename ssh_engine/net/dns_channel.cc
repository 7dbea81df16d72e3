#include "ssh_engine/net/dns_channel.h"

#include <ares.h>
#include <netdb.h>
#include <sys/time.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

using Failure = NameAnswer::Failure;

Failure FailureOf(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return Failure::kNone;
    case ARES_ENOTFOUND:
      return Failure::kNoSuchName;
    case ARES_ENODATA:
      return Failure::kNoAddress;
    case ARES_ESERVFAIL:
      return Failure::kServerFailed;
    case ARES_EREFUSED:
    case ARES_ENOTIMP:
      return Failure::kRefused;
    case ARES_ETIMEOUT:
    case ARES_ECONNREFUSED:
      return Failure::kNoAnswer;
    default:
      return Failure::kOther;
  }
}

NameAnswer AnswerOf(int status, ares_addrinfo* info) {
  NameAnswer answer;
  answer.failure = FailureOf(status);
  if (answer.failure == Failure::kOther) answer.detail = ares_strerror(status);
  if (status != ARES_SUCCESS) return answer;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    answer.addresses.emplace_back(node->ai_addr, node->ai_addrlen);
  }
  ares_freeaddrinfo(info);
  if (answer.addresses.empty()) answer.failure = Failure::kNoAddress;
  return answer;
}

class CaresChannel final : public DnsChannel {
 public:
  explicit CaresChannel(EventLoop* loop)
      : loop_(loop), timer_(loop->NewTimer([this] { OnTimer(); })) {}
  ~CaresChannel() override;

  absl::Status Init(const DnsOptions& options);
  std::vector<std::string> NamesOf(const std::string& host) const override;
  std::vector<Address> FindInHosts(const std::string& name) override;
  void Ask(const std::string& name, int family, NameCallback callback) override;
  const std::string& servers() const override { return servers_; }

 private:
  // What c-ares is handed with a question, and answers exactly once.
  struct Question {
    CaresChannel* channel;
    std::string name;
    int family;
    NameCallback callback;
    NameAnswer first;  // of the first server, while the others are asked
  };

  absl::Status Make(const DnsOptions& options, int flags, const char* lookups, ares_channel* made);
  // How many there are.
  int TakeServers(ares_channel channel);
  void AskWith(ares_channel channel, std::unique_ptr<Question> question);
  static void OnSocket(void* self, ares_socket_t fd, int readable, int writable);
  static void OnAnswer(void* question, int status, int timeouts, ares_addrinfo* info);
  void Watch(int fd, bool read, bool write);
  void OnReady(int fd, Readiness readiness);
  void OnTimer();
  void ArmTimer();

  EventLoop* const loop_;
  const std::unique_ptr<Timer> timer_;
  absl::flat_hash_map<int, std::unique_ptr<FdWatch>> watches_;
  ares_channel first_ = nullptr;   // takes a server's failure as the answer
  ares_channel others_ = nullptr;  // goes on to the next server then; null: there is one only
  ares_channel hosts_ = nullptr;   // knows the hosts file only; null: it is not to be asked
  std::vector<std::string> search_;
  bool asks_servers_ = true;  // nsswitch.conf may say files only
  int dots_ = 1;              // so many make a name that is tried as it is first
  std::string servers_;
};

CaresChannel::~CaresChannel() {
  // Answers what is pending, with ARES_EDESTRUCTION.
  for (const ares_channel channel : {first_, others_, hosts_}) {
    if (channel != nullptr) ares_destroy(channel);
  }
}

absl::Status CaresChannel::Make(const DnsOptions& options, int flags, const char* lookups,
                                ares_channel* made) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_options values = {};
  values.sock_state_cb = OnSocket;
  values.sock_state_cb_data = this;
  values.timeout = static_cast<int>(absl::ToInt64Milliseconds(options.timeout));
  values.tries = options.tries;
  values.flags = ARES_FLAG_NOSEARCH | flags;
  values.udp_port = values.tcp_port = options.port;
  values.resolvconf_path = const_cast<char*>(options.resolv_conf.c_str());
  values.lookups = const_cast<char*>(lookups);
  // c-ares 1.18 goes through the search list all the same: those that ask have none.
  const int mask = (lookups != nullptr ? ARES_OPT_DOMAINS : 0) | ARES_OPT_SOCK_STATE_CB |
                   ARES_OPT_FLAGS | ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT | ARES_OPT_RESOLVCONF |
                   (lookups != nullptr ? ARES_OPT_LOOKUPS : 0) |
                   (values.timeout > 0 ? ARES_OPT_TIMEOUTMS : 0) |
                   (values.tries > 0 ? ARES_OPT_TRIES : 0);
  int status = library;
  if (status == ARES_SUCCESS) status = ares_init_options(made, &values, mask);
  if (status == ARES_SUCCESS) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("the resolver cannot start: ", ares_strerror(status)));
}

absl::Status CaresChannel::Init(const DnsOptions& options) {
  // Made first, since it says what the files say: then it asks the servers only.
  ares_channel system = nullptr;
  absl::Status status = Make(options, 0, nullptr, &system);
  if (!status.ok()) return status;
  ares_options said = {};
  int mask = 0;
  if (ares_save_options(system, &said, &mask) == ARES_SUCCESS) {
    search_.assign(said.domains, said.domains + said.ndomains);
    dots_ = said.ndots;
    const std::string lookups = said.lookups != nullptr ? said.lookups : "fb";
    asks_servers_ = absl::StrContains(lookups, "b");
    if (absl::StrContains(lookups, "f")) status.Update(Make(options, 0, "f", &hosts_));
    ares_destroy_options(&said);
  }
  const int servers = TakeServers(system);
  ares_destroy(system);
  if (servers > 1) status.Update(Make(options, 0, "b", &others_));
  status.Update(Make(options, ARES_FLAG_NOCHECKRESP, "b", &first_));
  return status;
}

int CaresChannel::TakeServers(ares_channel channel) {
  int count = 0;
  ares_addr_node* servers = nullptr;
  if (ares_get_servers(channel, &servers) != ARES_SUCCESS) return 0;
  for (const ares_addr_node* server = servers; server != nullptr; server = server->next) {
    char text[INET6_ADDRSTRLEN] = "";
    ares_inet_ntop(server->family, &server->addr, text, sizeof(text));
    absl::StrAppend(&servers_, servers_.empty() ? "" : ", ", text);
    ++count;
  }
  ares_free_data(servers);
  return count;
}

std::vector<std::string> CaresChannel::NamesOf(const std::string& host) const {
  if (absl::EndsWith(host, ".")) return {host};
  std::vector<std::string> names;
  for (const std::string& domain : search_) names.push_back(absl::StrCat(host, ".", domain));
  const bool first = std::count(host.begin(), host.end(), '.') >= dots_;
  names.insert(first ? names.begin() : names.end(), host);
  return names;
}

std::vector<Address> CaresChannel::FindInHosts(const std::string& name) {
  std::vector<Address> found;
  if (hosts_ == nullptr) return found;
  ares_addrinfo_hints hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // Answers within the call: there is nothing to wait for.
  ares_getaddrinfo(
      hosts_, name.c_str(), nullptr, &hints,
      [](void* to, int status, int, ares_addrinfo* info) {
        *static_cast<std::vector<Address>*>(to) = AnswerOf(status, info).addresses;
      },
      &found);
  return found;
}

void CaresChannel::Ask(const std::string& name, int family, NameCallback callback) {
  if (!asks_servers_) return callback({Failure::kNoSuchName, {}, ""});
  AskWith(first_,
          std::unique_ptr<Question>(new Question{this, name, family, std::move(callback), {}}));
}

void CaresChannel::AskWith(ares_channel channel, std::unique_ptr<Question> question) {
  ares_addrinfo_hints hints = {};
  hints.ai_family = question->family;
  hints.ai_socktype = SOCK_STREAM;
  const std::string name = question->name;
  ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, OnAnswer, question.release());
  ArmTimer();
}

void CaresChannel::OnAnswer(void* question, int status, int, ares_addrinfo* info) {
  std::unique_ptr<Question> owned(static_cast<Question*>(question));
  NameAnswer answer = AnswerOf(status, info);
  if (status == ARES_EDESTRUCTION) return;
  CaresChannel* const channel = owned->channel;
  const bool asked_all = owned->first.failure != Failure::kNone;
  const bool failed =
      answer.failure == Failure::kServerFailed || answer.failure == Failure::kRefused;
  if (failed && !asked_all && channel->others_ != nullptr) {
    owned->first = std::move(answer);
    return channel->AskWith(channel->others_, std::move(owned));
  }
  // Of several servers that fail, c-ares says that there was no answer.
  if (asked_all && answer.failure == Failure::kNoAnswer) answer = std::move(owned->first);
  owned->callback(std::move(answer));
}

void CaresChannel::OnSocket(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<CaresChannel*>(self)->Watch(fd, readable != 0, writable != 0);
}

void CaresChannel::Watch(int fd, bool read, bool write) {
  if (!read && !write) {
    watches_.erase(fd);
    return;
  }
  std::unique_ptr<FdWatch>& watch = watches_[fd];
  if (watch == nullptr) {
    watch = loop_->Watch(fd, Priority::kNormal,
                         [this, fd](Readiness readiness) { OnReady(fd, readiness); });
  }
  watch->SetInterest(read, write);
}

void CaresChannel::OnReady(int fd, Readiness readiness) {
  const bool read = readiness.readable || readiness.hangup;
  for (const ares_channel channel : {first_, others_}) {
    if (channel == nullptr) continue;
    ares_process_fd(channel, read ? fd : ARES_SOCKET_BAD,
                    readiness.writable ? fd : ARES_SOCKET_BAD);
  }
  ArmTimer();
}

void CaresChannel::OnTimer() {
  for (const ares_channel channel : {first_, others_}) {
    if (channel != nullptr) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  }
  ArmTimer();
}

void CaresChannel::ArmTimer() {
  absl::Duration wait = absl::InfiniteDuration();
  for (const ares_channel channel : {first_, others_}) {
    timeval buffer = {};
    const timeval* const next =
        channel != nullptr ? ares_timeout(channel, nullptr, &buffer) : nullptr;
    if (next != nullptr) wait = std::min(wait, absl::DurationFromTimeval(*next));
  }
  if (wait == absl::InfiniteDuration()) return timer_->Disarm();
  // A millisecond more: c-ares looks at its own clock.
  timer_->Arm(wait + absl::Milliseconds(1));
}

}  // namespace

absl::StatusOr<std::shared_ptr<DnsChannel>> DnsChannel::Create(EventLoop* loop,
                                                               const DnsOptions& options) {
  auto channel = std::make_shared<CaresChannel>(loop);
  const absl::Status status = channel->Init(options);
  if (!status.ok()) return status;
  return channel;
}

}  // namespace muster::engine
