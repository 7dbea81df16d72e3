#include "ssh_engine/jump/jump_connector.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/host_keys/known_hosts.h"

namespace muster::engine {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(5);

Host HostOf(const JumpHost& jump) {
  Host host;
  host.address = jump.address;
  host.port = jump.port;
  host.user = jump.user;
  host.host_key_alias = jump.host_key_alias;
  host.proxy_command = jump.proxy_command;
  return host;
}

// With brackets around what has colons of its own.
std::string NameOf(const JumpHost& jump) {
  const bool brackets = absl::StrContains(jump.address, ':');
  return absl::StrCat(jump.user, "@", brackets ? "[" : "", jump.address, brackets ? "]" : "", ":",
                      jump.port);
}

// Of the way that leads on from a jump host to which `context` leads. As SessionIdOf.
std::string IdOf(const DialContext& context, const JumpHost& jump) {
  const auto& [address, port, user, alias, access, proxy] = jump;
  return absl::StrCat(context.way_id, ",", NameOf(jump), " ", SessionIdOf(*context.access), " ",
                      IdOf(proxy.get()));
}

// One's own copy, to be given to many.
ConnectResult CopyOf(const ConnectResult& failure) {
  ConnectResult copy;
  copy.state = failure.state;
  copy.cause = failure.cause;
  copy.message = failure.message;
  return copy;
}

}  // namespace

// --- Links

JumpLinks::JumpLinks(EventLoop* loop, const SessionLimits& limits)
    : loop_(loop), limits_(limits), timer_(loop->NewTimer([this] { Sweep(); })) {}

JumpLink* JumpLinks::Find(const std::string& key, absl::FunctionRef<bool(const Way&)> trusts) {
  const auto found = links_.find(key);
  if (found == links_.end()) return nullptr;
  for (const std::unique_ptr<JumpLink>& link : found->second) {
    if (!IsOld(*link) && link->HasRoom() && trusts(link->way())) return link.get();
  }
  return nullptr;
}

JumpLink* JumpLinks::Add(const std::string& key, std::unique_ptr<JumpLink> link) {
  auto& links = links_[key];
  links.push_back(std::move(link));
  if (!timer_->armed()) timer_->Arm(kSweepInterval);
  return links.back().get();
}

bool JumpLinks::IsOld(const JumpLink& link) const {
  if (loop_->WallTime() >= link.expires()) return true;
  return limits_.max_age > absl::ZeroDuration() && loop_->Now() - link.since() >= limits_.max_age;
}

void JumpLinks::Sweep() {
  const auto is_over = [this](const std::unique_ptr<JumpLink>& link) {
    const bool unused = loop_->Now() - link->unused_since() >= limits_.max_idle || IsOld(*link);
    return link->lost() || (link->tunnels() == 0 && unused);
  };
  for (auto& [key, links] : links_) links.remove_if(is_over);
  absl::erase_if(links_, [](const auto& entry) { return entry.second.empty(); });
  if (!links_.empty()) timer_->Arm(kSweepInterval);
}

// --- Connections

// First it waits for a link, then the link's attempt is all there is to it.
class JumpConnector::JumpAttempt final : public Attempt {
 public:
  JumpAttempt(JumpConnector* connector, absl::string_view host, uint16_t port, Callback callback)
      : connector_(connector), host_(host), port_(port), callback_(std::move(callback)) {
    connector_->waiting_.push_back(this);
  }
  ~JumpAttempt() override { connector_->waiting_.remove(this); }

  void Use(JumpLink* link) { of_link_ = link->Connect(host_, port_, std::move(callback_)); }
  void Fail(ConnectResult failure) {
    auto callback = std::move(callback_);
    callback(std::move(failure));
  }

 private:
  JumpConnector* const connector_;
  const std::string host_;
  const uint16_t port_;
  Callback callback_;
  std::unique_ptr<Attempt> of_link_;
};

JumpConnector::JumpConnector(DialContext context, const JumpHost& host, JumpLinks* links)
    : context_(std::move(context)),
      host_(HostOf(host)),
      name_(NameOf(host)),
      key_(IdOf(context_, host)),
      hops_(context_.hops),
      links_(links) {
  hops_.push_back({host_, context_.access});
}

JumpConnector::~JumpConnector() = default;

std::unique_ptr<Connector::Attempt> JumpConnector::Connect(absl::string_view host, uint16_t port,
                                                           const ConnectOptions&,
                                                           Callback callback) {
  auto attempt = std::make_unique<JumpAttempt>(this, host, port, std::move(callback));
  context_.loop->Defer(lifetime_.Guard([this] { Serve(); }));
  return attempt;
}

JumpLink* JumpConnector::FindLink() {
  return links_->Find(key_, [this](const Way& way) { return TrustsWay(hops_, &way); });
}

void JumpConnector::Serve() {
  if (refusal_) return FailAll(*refusal_);
  while (!waiting_.empty()) {
    JumpLink* const link = FindLink();
    if (link == nullptr) return Dial();
    JumpAttempt* const attempt = waiting_.front();
    waiting_.pop_front();
    attempt->Use(link);
  }
}

void JumpConnector::Dial() {
  if (dialer_ != nullptr) return;
  const absl::Duration now = context_.loop->Now();
  dialer_ = std::make_unique<Dialer>(
      host_, &context_, now, now + context_.timeout, &timings_, [] {},
      [this](Dialer::Result result) { OnDialed(std::move(result)); });
  dialer_->Start();
}

void JumpConnector::OnDialed(Dialer::Result result) {
  dialer_.reset();
  if (result.transport != nullptr) {
    auto session = std::make_unique<Session>(context_.loop, std::move(result.transport),
                                             std::move(result.way), result.expires);
    links_->Add(key_, std::make_unique<JumpLink>(context_.loop, name_, std::move(session),
                                                 context_.access->connect.keep_alive));
    return Serve();
  }
  ConnectResult failure;
  failure.state = result.outcome.state;
  failure.cause = result.outcome.cause;
  failure.message = absl::StrCat("on the way, jump host ", name_, ": ", result.outcome.message);
  const bool may_pass =
      CanPass(result.outcome) || result.outcome.state == HostState::kConnectTimeout;
  if (!may_pass) refusal_ = CopyOf(failure);
  FailAll(failure);
}

void JumpConnector::FailAll(const ConnectResult& failure) {
  for (JumpAttempt* const attempt : std::exchange(waiting_, {})) attempt->Fail(CopyOf(failure));
}

void AddJumpHosts(JumpLinks* links, DialContext* context) {
  for (const JumpHost& host : context->access->jump_hosts) {
    DialContext to_host = *context;
    if (host.access != nullptr) UseAccess(host.access, &to_host);
    context->hops.push_back({HostOf(host), to_host.access});
    context->way_id = IdOf(to_host, host);
    auto connector = std::make_shared<JumpConnector>(std::move(to_host), host, links);
    if (host.proxy_command != nullptr) context->jump_path = kByProxyCommand;
    absl::StrAppend(&context->jump_path, context->jump_path.empty() ? "" : ",", NameOf(host));
    context->connector = connector.get();
    context->way.push_back(std::move(connector));
  }
}

}  // namespace muster::engine
