#include "ssh_engine/run/host_task.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/action/new_host_action.h"

namespace muster::engine {
namespace {

constexpr absl::Duration kFirstBackoff = absl::Milliseconds(500);
constexpr absl::Duration kMaxBackoff = absl::Seconds(15);
// What is left of the connect timeout must be worth an attempt.
constexpr absl::Duration kLeastAttempt = absl::Seconds(1);
// For want of descriptors: others are about to be closed. A minute or so.
constexpr absl::Duration kResourceWait = absl::Seconds(1);
constexpr int kMaxResourceWaits = 60;

// Doubles, and is spread over its upper half, so that those who were turned away together do not
// come back together.
absl::Duration Jittered(absl::Duration longest, std::minstd_rand* random) {
  return longest * std::uniform_real_distribution<double>(0.5, 1.0)(*random);
}

absl::Duration Backoff(int attempts) {
  return std::min(kMaxBackoff, kFirstBackoff * (1 << std::min(attempts - 1, 10)));
}

}  // namespace

HostTask::HostTask(Host host, RunContext* context, DialContext* dial,
                   absl::AnyInvocable<void()> on_end)
    : host_(std::move(host)), context_(context), dial_(dial), on_end_(std::move(on_end)) {}

void HostTask::Start() { AskForSession(false); }

// As SessionIdOf, of a host's own.
SessionKey HostTask::Key() const {
  const auto& [index, address, port, user, access, line_prefix, alias, proxy, setup] = host_;
  return {address, port, user, SessionIdOf(*dial_->access), dial_->way_id, IdOf(proxy.get())};
}

void HostTask::AskForSession(bool fresh) {
  SessionPool::Request request;
  request.key = Key();
  request.share = {job().caller, context_};
  request.fresh = fresh;
  // What was trusted when the session was made may be revoked by now, or unknown to this caller.
  request.trusts = [this](Session& session) {
    return TrustsSession(host_, *dial_, session.transport().host_key()) &&
           TrustsWay(dial_->hops, session.way());
  };
  request.on_grant = [this](SessionPool::Grant grant) { OnGrant(std::move(grant)); };
  ticket_ = context_->pool->Ask(std::move(request));
}

void HostTask::OnGrant(SessionPool::Grant grant) {
  ticket_.reset();
  LeaveQueue();
  place_ = std::move(grant.place);
  session_ = std::move(grant.session);
  session_ != nullptr ? StartAction(true) : Dial();
}

void HostTask::LeaveQueue() {
  if (std::exchange(left_queue_, true)) return;
  begin_ = loop()->Now();
}

// --- A session

void HostTask::Dial() {
  if (++attempts_ == 1) deadline_ = loop()->Now() + dial_->timeout;
  timings_ = HostTimings();
  RiseTo(HostState::kConnecting);
  dialer_ = std::make_unique<Dialer>(
      host_, dial_, begin_, deadline_, &timings_, [this] { RiseTo(HostState::kAuthenticating); },
      [this](Dialer::Result result) { OnDialed(std::move(result)); });
  dialer_->Start();
}

// A further attempt does not go back.
void HostTask::RiseTo(HostState state) {
  if (state <= state_) return;
  state_ = state;
  observer()->OnState(host_.index, state);
}

void HostTask::OnDialed(Dialer::Result result) {
  dialer_.reset();
  if (result.congested) place_->OnCongestion();
  if (result.transport == nullptr) {
    place_.reset();
    if (!TryAgain(result.outcome)) End(std::move(result.outcome));
    return;
  }
  place_->OnLoggedIn(result.prompt);
  session_ = std::make_unique<Session>(loop(), std::move(result.transport), std::move(result.way),
                                       result.expires);
  StartAction(false);
}

bool HostTask::TryAgain(const HostOutcome& outcome) {
  if (!CanPass(outcome)) return false;
  if (IsShortageHere(outcome.cause)) return WaitForResources();
  const Retries& retries = job().retries;
  const int allowed =
      outcome.state == HostState::kThrottled ? retries.throttled : retries.unreachable;
  const int failed = attempts_ - short_of_resources_;
  if (failed > allowed) return false;
  const absl::Duration wait = Jittered(Backoff(failed), &context_->random);
  if (loop()->Now() + wait + kLeastAttempt > deadline_) return false;
  AskLater(wait);
  return true;
}

// The host is not to blame, and loses no time by it.
bool HostTask::WaitForResources() {
  if (++short_of_resources_ > kMaxResourceWaits) return false;
  const absl::Duration wait = Jittered(kResourceWait, &context_->random);
  deadline_ += wait;
  AskLater(wait);
  return true;
}

void HostTask::AskLater(absl::Duration wait) {
  retry_timer_ = loop()->NewTimer([this] { AskForSession(false); });
  retry_timer_->Arm(wait);
}

// --- The action

void HostTask::StartAction(bool warm) {
  warm_ = warm;
  session_->SetKeepAlive(dial_->access->connect.keep_alive);
  const ActionSite site = {&host_, dial_->jump_path, session_.get(), warm, begin_, &timings_};
  action_ = NewHostAction(site, &context_->action,
                          [this](HostAction::Result result) { OnActionEnd(std::move(result)); });
  action_->Start();
}

// The action is still at work on the stack, but does not touch the session any more.
void HostTask::OnActionEnd(HostAction::Result result) {
  if (result.stale_session) return ReplaceSession(result);
  // What it waited for the grant is not the host's fault.
  deadline_ += result.waited_for_grant;
  if (result.lost_in_wait && TryAgain(result.outcome)) {
    stale_action_ = std::move(action_);
    session_.reset();
    place_.reset();
    return;
  }
  // Where a new session takes what the old one did not.
  if (reuse_refused_ && result.requested && !IsRefusal(result.outcome.cause)) {
    context_->pool->NoteOneCommand(Key());
  }
  if (TurnedOut(result)) result.outcome = LoginRefused();
  if (session_->transport().Reusable()) {
    context_->pool->Return(std::move(place_), std::move(session_));
  }
  End(std::move(result.outcome));
}

void HostTask::ReplaceSession(const HostAction::Result& result) {
  if (result.requested) state_ = HostState::kStarting;
  reuse_refused_ = result.refused;
  stale_action_ = std::move(action_);
  session_.reset();
  place_.reset();
  warm_ = false;
  AskForSession(true);
}

// A server may come to know only then that it does not want us: sshd where PAM opens no session, or
// a ChrootDirectory is not as it should be. It leaves our request unread, so the end may show as a
// reset.
bool HostTask::TurnedOut(const HostAction::Result& result) const {
  const bool way_lost = session_->way() != nullptr && session_->way()->lost;
  return !warm_ && !way_lost && !result.lost_in_wait &&
         result.outcome.state == HostState::kUnreachable && result.outcome.cause == Cause::kReset;
}

HostOutcome HostTask::LoginRefused() const {
  const SshTransport& transport = session_->transport();
  const std::string said = transport.LoginText();
  HostOutcome outcome;
  outcome.state = HostState::kAuthenticationFailed;
  outcome.message = absl::StrCat(
      Endpoint(host_, dial_->jump_path), ": ", transport.failure().message,
      ", right after it had let ", host_.user,
      " in and before it opened a session, as sshd does where PAM or a ChrootDirectory "
      "does not allow one: the server's log says why.",
      said.empty() ? "" : absl::StrCat(" The server said: \"", said, "\"."));
  return outcome;
}

// --- What is asked of it

void HostTask::Grant() {
  if (!ended_ && action_ != nullptr) action_->Grant();
}

void HostTask::StopIfQueued(const std::string& message) {
  if (!ended_ && !left_queue_) EndUnstarted(message);
}

// It gives its place in the pool's queue up: others must not wait behind it.
void HostTask::SetPaused(bool paused) {
  if (ended_ || left_queue_) return;
  paused ? ticket_.reset() : AskForSession(false);
}

void HostTask::OnResize() {
  if (!ended_ && action_ != nullptr) action_->OnResize();
}

void HostTask::Cancel(Cause cause, const std::string& message) {
  if (ended_) return;
  if (action_ != nullptr) return action_->Cancel(cause, message);
  EndUnstarted(message);
}

// --- The end

void HostTask::Abandon() {
  if (ended_) return;
  if (action_ != nullptr) return action_->Abandon();
  EndUnstarted("musterd was stopped before the command was started.");
}

void HostTask::EndUnstarted(std::string message) {
  HostOutcome outcome;
  outcome.state = HostState::kNotStarted;
  outcome.message = std::move(message);
  End(std::move(outcome));
}

void HostTask::End(HostOutcome outcome) {
  ended_ = true;
  outcome.timings = timings_;
  outcome.attempts = attempts_;
  outcome.warm_session = warm_;
  if (attempts_ > 1 && outcome.state != HostState::kSucceeded) {
    const bool sentence =
        absl::EndsWith(outcome.message, ".") || absl::EndsWith(outcome.message, "?");
    absl::StrAppend(&outcome.message, sentence ? "" : ".", " Tried ", attempts_, " times.");
  }
  observer()->OnEnd(host_.index, outcome);
  ticket_.reset();
  dialer_.reset();
  retry_timer_.reset();
  on_end_();
}

}  // namespace muster::engine
