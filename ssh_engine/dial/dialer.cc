#include "ssh_engine/dial/dialer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "ssh_engine/credentials/ssh_key.h"

namespace muster::engine {
namespace {

// An unladen server sends its banner within this, and a few round trips.
constexpr absl::Duration kPrompt = absl::Milliseconds(250);
// Whoever may read a known_hosts file can lock it, for as long as he likes.
constexpr absl::Duration kLockPatience = absl::Seconds(5);
constexpr absl::Duration kLockRetry = absl::Milliseconds(100);

// Without anything being written down.
bool Accepts(HostKeyPolicy policy, KnownHosts::Verdict verdict) {
  return verdict == KnownHosts::Verdict::kMatch ||
         (policy == HostKeyPolicy::kOff && verdict != KnownHosts::Verdict::kRevoked);
}

bool Trusts(const Host& host, const Access& access, const HostKey& key) {
  const KnownHosts& known_hosts = *access.known_hosts;
  const KnownHosts::Verdict verdict =
      known_hosts.Check(KnownName(host), KnownPort(host), key.type, key.blob).verdict;
  if (Accepts(access.host_key_policy, verdict)) return true;
  // A new session would be accepted as well, and not remembered either.
  return verdict == KnownHosts::Verdict::kUnknown && known_hosts.KeepsNothing() &&
         access.host_key_policy == HostKeyPolicy::kAcceptNew;
}

}  // namespace

bool TrustsWay(const std::vector<Hop>& hops, const Way* way) {
  const size_t keys = way == nullptr ? 0 : way->host_keys.size();
  if (keys != hops.size()) return false;
  for (size_t i = 0; i < keys; ++i) {
    if (!Trusts(hops[i].host, *hops[i].access, way->host_keys[i])) return false;
  }
  return true;
}

bool TrustsSession(const Host& host, const DialContext& context, const HostKey& key) {
  return Trusts(host, *context.access, key);
}

bool CanPass(const HostOutcome& outcome) {
  const bool throttled = outcome.state == HostState::kThrottled;
  if (!throttled && outcome.state != HostState::kUnreachable) return false;
  switch (outcome.cause) {
    case Cause::kNone:
      return throttled;
    case Cause::kDnsFailed:
    case Cause::kRefused:
    case Cause::kTimeout:
    case Cause::kReset:
    case Cause::kNetwork:
    case Cause::kLocal:
      return true;
    case Cause::kDns:
    case Cause::kProtocol:
    case Cause::kHostKeyUnknown:
    case Cause::kHostKeyChanged:
    case Cause::kHostKeyRevoked:
    case Cause::kHostKeyUnsaved:
    case Cause::kBecomePassword:
    case Cause::kBecomeNotAllowed:
    case Cause::kBecomeUnavailable:
    case Cause::kConnectionLost:
    case Cause::kExecRefused:
    case Cause::kOutputLimit:
    case Cause::kDaemonLost:
    case Cause::kPenalized:  // each further attempt may prolong it
    case Cause::kForwardingRefused:
      return false;
  }
  return false;
}

Dialer::Dialer(const Host& host, DialContext* context, absl::Duration begin,
               absl::Duration deadline, HostTimings* timings, absl::AnyInvocable<void()> on_trusted,
               absl::AnyInvocable<void(Result)> on_done)
    : host_(host),
      context_(context),
      begin_(begin),
      deadline_(deadline),
      timings_(timings),
      on_trusted_(std::move(on_trusted)),
      on_done_(std::move(on_done)),
      start_(context->loop->Now()) {}

Dialer::~Dialer() {
  if (transport_ != nullptr) transport_->Abort();
}

template <typename Work, typename Done>
void Dialer::OnHelper(Work work, Done done) {
  context_->helpers->Run([loop = context_->loop, known_hosts = context_->access->known_hosts,
                          work = std::move(work),
                          done = lifetime_.Guard(std::move(done))]() mutable {
    loop->Post([done = std::move(done), result = work(known_hosts.get())]() mutable {
      done(std::move(result));
    });
  });
}

void Dialer::Start() {
  timer_ = context_->loop->NewTimer([this] { OnTimeout(); });
  timer_->Arm(deadline_ - start_);
  Connect();
}

void Dialer::Connect() {
  auto done = [this](ConnectResult result) { OnConnected(std::move(result)); };
  attempt_ = host_.proxy_command != nullptr
                 ? context_->proxies->Connect(host_.proxy_command, std::move(done))
                 : context_->connector->Connect(host_.address, host_.port,
                                                context_->access->connect, std::move(done));
}

void Dialer::OnConnected(ConnectResult result) {
  if (!result.fd.valid()) return FailConnect(std::move(result));
  timings_->connected = SinceBegin();
  result_.congested |= result.syn_retransmitted;
  result_.way = std::move(result.way);
  process_ = std::move(result.process);
  BeginHandshake(std::move(result.fd));
}

void Dialer::BeginHandshake(UniqueFd connected) {
  SshTransportOptions options;
  options.user = host_.user;
  options.host = host_.address;
  asked_types_ = context_->access->known_hosts->KeyTypes(KnownName(host_), KnownPort(host_));
  options.known_key_types = asked_types_;
  // A copy: the transport outlives the access, which has secrets.
  const Algorithms& algorithms = context_->access->connect.algorithms;
  if (!(algorithms == Algorithms())) {
    options.algorithms = std::make_shared<const Algorithms>(algorithms);
  }
  options.quote_greeting = context_->quote_greeting;
  options.way = process_;
  transport_ = context_->new_transport(std::move(connected), std::move(options));
  watch_ = context_->loop->Watch(transport_->fd(), Priority::kBackground, [this](Readiness) {
    if (first_answer_ < absl::ZeroDuration()) first_answer_ = SinceBegin();
    Advance();
  });
  phase_ = Phase::kHandshake;
  Advance();
}

void Dialer::Advance() {
  while (Step()) {
  }
  Wait();
}

void Dialer::Wait() {
  if (phase_ == Phase::kEnded) return End();
  if (phase_ == Phase::kWrongHostKey) return Redial();
  if (phase_ == Phase::kAwaitingReport) return;
  const bool parked = Parked();
  watch_->SetInterest(!parked, !parked && transport_->WantsWrite());
}

bool Dialer::Parked() const {
  return phase_ == Phase::kHandshakeAside || phase_ == Phase::kSearchingHostKey ||
         phase_ == Phase::kSavingHostKey || (phase_ == Phase::kLogin && login_->busy());
}

bool Dialer::Step() {
  switch (phase_) {
    case Phase::kHandshake:
      return Handshake();
    case Phase::kLogin:
      return LogIn();
    case Phase::kConnecting:
    case Phase::kHandshakeAside:
    case Phase::kSearchingHostKey:
    case Phase::kWrongHostKey:
    case Phase::kSavingHostKey:
    case Phase::kAwaitingReport:
    case Phase::kEnded:
      return false;
  }
  return false;
}

// --- Trust

bool Dialer::Handshake() {
  if (transport_->TakesLong()) return HandshakeAside();
  const SshTransport::Step step = transport_->Handshake();
  return transport_->TakesLong() ? HandshakeAside() : AfterHandshake(step);
}

bool Dialer::HandshakeAside() {
  phase_ = Phase::kHandshakeAside;
  aside_since_ = context_->loop->Now();
  timer_->Disarm();
  auto done = lifetime_.Guard([this](SshTransport::Step step) { OnHandshakeAside(step); });
  context_->computers->Run(
      [loop = context_->loop, transport = transport_, done = std::move(done)]() mutable {
        const SshTransport::Step step = transport->Handshake();
        // The transport goes along, so that the loop, not this thread, destroys it at the latest.
        loop->Post([transport = std::move(transport), done = std::move(done), step]() mutable {
          transport.reset();
          done(step);
        });
      });
  return false;
}

void Dialer::OnHandshakeAside(SshTransport::Step step) {
  if (phase_ != Phase::kHandshakeAside) return;
  phase_ = Phase::kHandshake;
  const absl::Duration now = context_->loop->Now();
  deadline_ += now - aside_since_;
  timer_->Arm(deadline_ - now);
  AfterHandshake(step) ? Advance() : Wait();
}

bool Dialer::AfterHandshake(SshTransport::Step step) {
  switch (step) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      return CheckHostKey();
    case SshTransport::Step::kFailed:
      FailTransport();
      return false;
  }
  return false;
}

bool Dialer::CheckHostKey() {
  const HostKey& key = transport_->host_key();
  const KnownHosts::Lookup lookup =
      context_->access->known_hosts->Check(KnownName(host_), KnownPort(host_), key.type, key.blob);
  if (Accepts(context_->access->host_key_policy, lookup.verdict)) {
    BeginLogin();
    return true;
  }
  if (lookup.verdict == KnownHosts::Verdict::kUnsearched) return SearchHostKey();
  if (MayShowAnother(key)) {
    phase_ = Phase::kWrongHostKey;
    return false;
  }
  return RejectHostKey(lookup);
}

bool Dialer::RejectHostKey(const KnownHosts::Lookup& lookup) {
  const HostKey& key = transport_->host_key();
  const std::string shown = absl::StrCat(key.type, " ", KeyFingerprint(key.blob));
  switch (lookup.verdict) {
    case KnownHosts::Verdict::kMatch:
    case KnownHosts::Verdict::kUnsearched:
    case KnownHosts::Verdict::kUnknown:
      return RejectUnknown(shown, lookup.note);
    case KnownHosts::Verdict::kChanged:
      return Reject(Cause::kHostKeyChanged,
                    absl::StrCat("the host key of ", KeyOwner(), " is not the known one of ",
                                 lookup.where, ": it shows ", shown,
                                 ". Somebody may be listening in, or the host was installed anew: "
                                 "find out which, then remove that line."));
    case KnownHosts::Verdict::kRevoked:
      return Reject(
          Cause::kHostKeyRevoked,
          absl::StrCat("the host key of ", KeyOwner(), ", ", shown, ", is marked @revoked at ",
                       lookup.where, ".", lookup.note.empty() ? "" : " ", lookup.note));
  }
  return false;
}

bool Dialer::SearchHostKey() {
  phase_ = Phase::kSearchingHostKey;
  OnHelper(
      [host = host_](KnownHosts* known_hosts) {
        known_hosts->Search(KnownName(host), KnownPort(host));
        return true;
      },
      [this](bool) {
        if (phase_ != Phase::kSearchingHostKey) return;
        CheckHostKey();
        Advance();
      });
  return false;
}

// Whether a server that has several keys, asked as it would have been with plain names in
// known_hosts, shows another one first.
bool Dialer::MayShowAnother(const HostKey& key) const {
  if (redialed_) return false;
  const std::vector<std::string> types =
      context_->access->known_hosts->KeyTypes(KnownName(host_), KnownPort(host_));
  return !types.empty() && types.front() != key.type && types != asked_types_;
}

// The first connection is closed before: a server may count them.
void Dialer::Redial() {
  redialed_ = true;
  watch_.reset();
  transport_.reset();
  process_.reset();
  start_ = context_->loop->Now();
  first_answer_ = -absl::InfiniteDuration();
  phase_ = Phase::kConnecting;
  Connect();
}

bool Dialer::RejectUnknown(const std::string& shown, const std::string& note) {
  if (context_->access->host_key_policy == HostKeyPolicy::kAcceptNew) return SaveHostKey();
  return Reject(Cause::kHostKeyUnknown,
                absl::StrCat("no known_hosts file has a key of ", KeyOwner(), "; it shows ", shown,
                             ". Check that fingerprint, then add the key (ssh-keyscan) or use the "
                             "host key policy accept-new.",
                             note.empty() ? "" : " ", note));
}

std::string Dialer::KeyOwner() const {
  const std::string& alias = host_.host_key_alias;
  return absl::StrCat(Endpoint(host_, context_->jump_path),
                      alias.empty() ? "" : absl::StrCat(" (host key alias ", alias, ")"));
}

bool Dialer::Reject(Cause cause, std::string message) {
  Fail(HostState::kHostKeyRejected, cause, std::move(message));
  return false;
}

bool Dialer::SaveHostKey() {
  phase_ = Phase::kSavingHostKey;
  save_deadline_ = context_->loop->Now() + kLockPatience;
  WriteHostKey();
  return false;
}

void Dialer::WriteHostKey() {
  OnHelper(
      [host = host_, key = transport_->host_key(),
       hashed = context_->access->hash_new_names](KnownHosts* known_hosts) {
        return known_hosts->Add(KnownName(host), KnownPort(host), key.type, key.blob, hashed);
      },
      [this](const absl::StatusOr<KnownHosts::Added>& added) { OnHostKeyWritten(added); });
}

void Dialer::OnHostKeyWritten(const absl::StatusOr<KnownHosts::Added>& added) {
  if (phase_ != Phase::kSavingHostKey) return;
  const bool locked = absl::IsUnavailable(added.status());
  if (locked && context_->loop->Now() < save_deadline_) {
    save_timer_ = context_->loop->NewTimer([this] { WriteHostKey(); });
    return save_timer_->Arm(kLockRetry);
  }
  if (added.ok()) {
    if (NewHostKeys* const keys = context_->access->new_host_keys.get(); keys != nullptr) {
      keys->written += *added == KnownHosts::Added::kWritten;
      keys->not_kept += *added == KnownHosts::Added::kNotKept;
    }
    BeginLogin();
  } else {
    Reject(Cause::kHostKeyUnsaved,
           absl::StrCat("the new host key of ", KeyOwner(),
                        " could not be written down: ", added.status().message(),
                        locked ? absl::StrCat(" for ", absl::FormatDuration(kLockPatience),
                                              "; lslocks(8) tells which")
                               : ""));
  }
  Advance();
}

// --- Login

void Dialer::BeginLogin() {
  timings_->handshake = SinceBegin();
  on_trusted_();
  phase_ = Phase::kLogin;
  const Login::Surroundings surroundings = {&context_->preferred_identities, context_->loop,
                                            context_->helpers, context_->kerberos};
  login_ = std::make_unique<Login>(transport_, context_->access->credential, host_.user,
                                   surroundings, [this] { Advance(); });
}

bool Dialer::LogIn() {
  switch (login_->Advance()) {
    case Login::Step::kAgain:
    case Login::Step::kBusy:
      return false;
    case Login::Step::kDone:
      Succeed();
      return false;
    case Login::Step::kRefused:
      Fail(HostState::kAuthenticationFailed, Cause::kNone, login_->Explain());
      return false;
    case Login::Step::kFailed:
      FailLogin();
      return false;
  }
  return false;
}

// A server that hangs up on us once it knows who wants to log in, or after it has refused keys,
// means us: to try again would be held against us. A connection that is reset may have been lost.
void Dialer::FailLogin() {
  if (AwaitsReport(&Dialer::FailLogin)) return;
  const TransportFailure& failure = transport_->failure();
  const bool by_server = failure.closed && !failure.throttled && !JumpIsLost() && !ProxyHasFailed();
  if (!by_server && login_->refused() == 0) return FailTransport();
  Fail(HostState::kAuthenticationFailed, Cause::kNone, login_->ExplainEnd());
}

bool Dialer::JumpIsLost() const { return result_.way != nullptr && result_.way->lost; }

bool Dialer::ProxyHasFailed() const { return report_.has_value() && report_->failed; }

// A process shows that it has ended after its connection has.
bool Dialer::AwaitsReport(void (Dialer::*again)()) {
  if (process_ == nullptr || report_.has_value()) return false;
  failed_phase_ = std::exchange(phase_, Phase::kAwaitingReport);
  watch_.reset();
  process_->Await(lifetime_.Guard(
      [this, again](ProxyProcess::Report report) { OnReport(std::move(report), again); }));
  return true;
}

void Dialer::OnReport(ProxyProcess::Report report, void (Dialer::*again)()) {
  if (phase_ != Phase::kAwaitingReport) return;
  phase_ = failed_phase_;
  report_ = std::move(report);
  (this->*again)();
  Wait();
}

// --- The end

void Dialer::OnTimeout() {
  const bool asked = phase_ == Phase::kLogin && !login_->busy();
  const std::string said = asked ? transport_->LoginText() : "";
  const std::string report = process_ == nullptr ? "" : process_->report().text;
  Fail(HostState::kConnectTimeout, Cause::kNone,
       absl::StrCat(PhaseName(), " ", Endpoint(host_, context_->jump_path), " took longer than ",
                    absl::FormatDuration(context_->timeout), " (connect timeout).",
                    said.empty() ? "" : absl::StrCat(" The server said: \"", said, "\"."),
                    report.empty() ? "" : absl::StrCat(" ", report, ".")));
  End();
}

std::string Dialer::PhaseName() const {
  switch (phase_ == Phase::kAwaitingReport ? failed_phase_ : phase_) {
    case Phase::kConnecting:
      return "finding and connecting to";
    case Phase::kHandshake:
    case Phase::kHandshakeAside:
      return "the SSH handshake with";
    case Phase::kSearchingHostKey:
    case Phase::kWrongHostKey:
      return "looking in known_hosts for";
    case Phase::kSavingHostKey:
      return "writing down the host key of";
    case Phase::kLogin:
    case Phase::kAwaitingReport:
    case Phase::kEnded:
      return "logging in to";
  }
  return "";
}

void Dialer::Succeed() {
  timings_->authenticated = SinceBegin();
  const absl::Duration round_trip = timings_->connected - (start_ - begin_);
  result_.prompt = first_answer_ - timings_->connected < kPrompt + 4 * round_trip;
  result_.transport = transport_;
  result_.expires = login_->expires();
  phase_ = Phase::kEnded;
}

// Who starts processes does not know the host.
void Dialer::FailConnect(ConnectResult result) {
  result_.congested |= IsShortageHere(result.cause);
  Fail(result.state, result.cause,
       host_.proxy_command == nullptr
           ? std::move(result.message)
           : absl::StrCat(Endpoint(host_, context_->jump_path), ": ", result.message));
  End();
}

// What it says of itself tells more than that nothing came.
void Dialer::FailProxy() {
  Fail(HostState::kUnreachable, Cause::kReset,
       absl::StrCat(Endpoint(host_, context_->jump_path), ": ", report_->text, ", during ",
                    PhaseName(), " it."));
}

void Dialer::FailTransport() {
  if (AwaitsReport(&Dialer::FailTransport)) return;
  const TransportFailure& failure = transport_->failure();
  if (ProxyHasFailed() && failure.cause != Cause::kProtocol) return FailProxy();
  if (JumpIsLost()) {
    return Fail(HostState::kUnreachable, Cause::kReset,
                absl::StrCat(Endpoint(host_, context_->jump_path),
                             ": the jump host was lost during ", PhaseName(), " it."));
  }
  if (failure.throttled) result_.congested = true;
  const std::string said = report_.has_value() ? report_->text : "";
  Fail(failure.state(), failure.cause,
       absl::StrCat(Endpoint(host_, context_->jump_path), ": ", failure.message,
                    phase_ == Phase::kLogin ? ", during the login; no key had been refused." : ".",
                    said.empty() ? "" : absl::StrCat(" ", said, ".")));
}

void Dialer::Fail(HostState state, Cause cause, std::string message) {
  result_.outcome.state = state;
  result_.outcome.cause = cause;
  result_.outcome.message = std::move(message);
  phase_ = Phase::kEnded;
}

// Later, since this is called from within what `on_done` may destroy.
void Dialer::End() {
  watch_.reset();
  timer_.reset();
  save_timer_.reset();
  context_->loop->Defer(lifetime_.Guard([this] {
    auto on_done = std::move(on_done_);
    on_done(std::move(result_));
  }));
}

}  // namespace muster::engine
