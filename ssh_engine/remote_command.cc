#include "ssh_engine/remote_command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/stop_line.h"

namespace muster::engine {
namespace {

// From KILL to giving up on a confirmation.
constexpr absl::Duration kKillWait = absl::Seconds(2);
// From the signal request to the second channel.
constexpr absl::Duration kSignalWait = absl::Milliseconds(500);

}  // namespace

RemoteCommand::RemoteCommand(const Host& host, RunContext* context, Session* session, bool warm,
                             absl::Duration begin, HostTimings* timings,
                             absl::AnyInvocable<void(Result)> on_end)
    : host_(host),
      context_(context),
      session_(session),
      warm_(warm),
      begin_(begin),
      timings_(timings),
      on_end_(std::move(on_end)),
      stdout_(context->job->max_line),
      stderr_(context->job->max_line) {}

RemoteCommand::~RemoteCommand() {
  Unpark();
  SetHurried(false);
}

void RemoteCommand::SetHurried(bool hurried) {
  if (std::exchange(hurried_, hurried) == hurried) return;
  context_->loop->AddHurried(hurried ? 1 : -1);
}

void RemoteCommand::Start() {
  SetHurried(warm_);
  session_->SetUser(this);
  session_->SetBulk(false);
  transport().SetOutput(
      [this](OutputStream stream, absl::string_view bytes) { OnOutput(stream, bytes); });
  phase_timer_ = context_->loop->NewTimer([this] { OnPhaseTimeout(); });
  // The server may hang here as well.
  phase_timer_->Arm(warm_ ? limits().connect / 2 : limits().connect);
  Advance();
}

void RemoteCommand::Advance() {
  while (Step()) {
  }
  if (phase_ == Phase::kEnded) return;
  parked_ ? session_->Park() : session_->UpdateInterest();
}

bool RemoteCommand::Step() {
  switch (phase_) {
    case Phase::kOpening:
      return OpenChannel();
    case Phase::kReady:
      return WaitForGrant();
    case Phase::kExec:
      return Exec();
    case Phase::kRunning:
      return Pump();
    case Phase::kEnded:
      return false;
  }
  return false;
}

bool RemoteCommand::OpenChannel() {
  switch (transport().OpenChannel()) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      BeginWait();
      return false;
    case SshTransport::Step::kFailed:
      EndUnopened();
      return false;
  }
  return false;
}

// The disk may be full for hours: who waits here has no limit in time, but may be canceled.
void RemoteCommand::BeginWait() {
  timings_->channel_open = SinceBegin();
  phase_ = Phase::kReady;
  phase_timer_->Disarm();
  ready_since_ = context_->loop->Now();
  context_->observer->OnReady(host_.index, timings_->channel_open);
}

// Looks only whether the connection lives.
bool RemoteCommand::WaitForGrant() {
  if (transport().PumpIdle() == SshTransport::Step::kFailed) EndUnopened();
  return false;
}

void RemoteCommand::Grant() {
  if (phase_ != Phase::kReady) return;
  waited_ = context_->loop->Now() - ready_since_;
  context_->observer->OnState(host_.index, HostState::kStarting);
  phase_ = Phase::kExec;
  phase_timer_->Arm(limits().connect);
  last_output_ = context_->loop->Now();
  if (limits().command > absl::ZeroDuration()) {
    command_timer_ = context_->loop->NewTimer([this] { OnCommandTimeout(); });
    command_timer_->Arm(limits().command);
  }
  if (limits().idle > absl::ZeroDuration()) {
    idle_timer_ = context_->loop->NewTimer([this] { OnIdleTimer(); });
    idle_timer_->Arm(limits().idle);
  }
  Advance();
}

bool RemoteCommand::Exec() {
  switch (transport().Exec(context_->job->command)) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      timings_->started = SinceBegin();
      SetHurried(false);
      phase_ = Phase::kRunning;
      phase_timer_->Disarm();
      context_->observer->OnState(host_.index, HostState::kRunning);
      if (stop_ == Stop::kRequested) SendTerm();
      return true;
    case SshTransport::Step::kFailed:
      // A refusal is an answer: nothing was started.
      transport().failure().cause == Cause::kExecRefused ? EndUnopened() : EndLost();
      return false;
  }
  return false;
}

bool RemoteCommand::Parked() {
  if (!parked_ && !context_->reading->open()) {
    parked_ = true;
    context_->reading->Park(this, session_->bulk());
  }
  return parked_;
}

void RemoteCommand::Unpark() {
  if (std::exchange(parked_, false)) context_->reading->Forget(this);
}

void RemoteCommand::OnReadingAgain() {
  parked_ = false;
  last_output_ = context_->loop->Now();
  Advance();
}

// Each call may take in what the other waits for.
SshTransport::Step RemoteCommand::PumpBoth() {
  const SshTransport::Step step = transport().Pump();
  if (step != SshTransport::Step::kAgain || beside_ != Beside::kAtWork) return step;
  const SshTransport::Step beside = transport().RunBeside(stop_line_);
  if (beside != SshTransport::Step::kAgain) {
    beside_ = LineHeard() ? Beside::kDone : Beside::kFutile;
  }
  return step;  // RunBeside takes nothing in: the descriptor tells of what comes
}

bool RemoteCommand::LineHeard() const {
  return absl::StartsWith(transport().beside_output(), kStopLineToken);
}

bool RemoteCommand::Pump() {
  if (Parked()) return false;
  const SshTransport::Step step = PumpBoth();
  if (step == SshTransport::Step::kAgain) session_->SetBulk(transport().HasMore());
  NoteExit();
  switch (step) {
    case SshTransport::Step::kAgain:
      return false;
    case SshTransport::Step::kDone:
      EndByExit();
      return false;
    case SshTransport::Step::kFailed:
      EndByExitOrLost();
      return false;
  }
  return false;
}

void RemoteCommand::OnOutput(OutputStream stream, absl::string_view bytes) {
  last_output_ = context_->loop->Now();
  // Much output may come within one iteration.
  timings_->last_output = context_->loop->ReadClock() - begin_;
  if (timings_->first_output == absl::ZeroDuration()) {
    timings_->first_output = timings_->last_output;
  }
  LineAssembler& assembler = stream == OutputStream::kStdout ? stdout_ : stderr_;
  assembler.Append(bytes, [&](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, stream, chunk);
  });
}

void RemoteCommand::NoteExit() {
  if (timings_->exited == absl::ZeroDuration() && transport().exit_report().ended()) {
    timings_->exited = context_->loop->ReadClock() - begin_;
  }
}

// --- Limits in time, and stopping

void RemoteCommand::OnPhaseTimeout() {
  switch (phase_) {
    case Phase::kOpening:
      return OnOpenTimeout();
    case Phase::kExec:
      return End(
          HostState::kUnknown, Cause::kConnectionLost,
          absl::StrCat("the server did not answer the request to run the command within ",
                       absl::FormatDuration(limits().connect), "; it may have been started."));
    default:
      return OnStopTimer();
  }
}

void RemoteCommand::OnOpenTimeout() {
  HostOutcome outcome;
  outcome.state = HostState::kConnectTimeout;
  outcome.message = absl::StrCat("opening a session on ", Endpoint(host_, *context_), " took longer than ",
                                 absl::FormatDuration(limits().connect), " (connect timeout).");
  End(std::move(outcome), warm_);
}

void RemoteCommand::OnCommandTimeout() {
  StopCommand(HostState::kCommandTimeout, Cause::kNone,
              absl::StrCat("the command took longer than ", absl::FormatDuration(limits().command),
                           " (command timeout)."));
}

// Armed once for many outputs: looks how long the last one is ago.
void RemoteCommand::OnIdleTimer() {
  const absl::Duration silent = context_->loop->Now() - last_output_;
  if (!context_->reading->open() || parked_) return idle_timer_->Arm(limits().idle);
  if (silent < limits().idle) return idle_timer_->Arm(limits().idle - silent);
  StopCommand(HostState::kIdleTimeout, Cause::kNone,
              absl::StrCat("the command wrote nothing for ", absl::FormatDuration(limits().idle),
                           " (idle timeout)."));
}

void RemoteCommand::Cancel(Cause cause, const std::string& message) {
  if (phase_ == Phase::kEnded) return;
  if (requested()) return StopCommand(HostState::kCanceled, cause, message);
  EndNotStarted(message);
}

void RemoteCommand::Abandon() {
  if (phase_ == Phase::kEnded) return;
  if (requested()) {
    return End(HostState::kUnknown, Cause::kDaemonLost,
               "musterd was stopped while the command ran; it may still be running.");
  }
  EndNotStarted("musterd was stopped before the command was started.");
}

void RemoteCommand::StopCommand(HostState state, Cause cause, std::string message) {
  if (stop_ != Stop::kNo || phase_ == Phase::kEnded) return;
  if (phase_ == Phase::kRunning && transport().exit_report().ended()) {
    // It has ended; something it left in the background holds its output open.
    transport().CloseChannel();
    return EndByExit();
  }
  stop_ = Stop::kRequested;
  stop_outcome_.state = state;
  stop_outcome_.cause = cause;
  stop_outcome_.message = std::move(message);
  // A signal sent before the exec request is answered would be lost, and would eat the answer.
  if (phase_ == Phase::kRunning) SendTerm();
}

void RemoteCommand::SendTerm() {
  stop_ = Stop::kTermSent;
  transport().Signal("TERM");
  const StopRules& rules = context_->job->stop;
  phase_timer_->Arm(rules.signal_only ? rules.grace : std::min(kSignalWait, rules.grace));
  if (!parked_) session_->UpdateInterest();
}

void RemoteCommand::OnStopTimer() {
  const StopRules& rules = context_->job->stop;
  const bool repeat = !rules.signal_only && rules.grace > kSignalWait;
  if (stop_ == Stop::kTermSent && repeat) return RepeatTerm();
  if (transport().exit_report().ended()) {
    // What the command left behind holds its output open.
    transport().CloseChannel();
    return EndByExit();
  }
  stop_ == Stop::kKillSent ? GiveUp() : SendKill();
}

void RemoteCommand::RepeatTerm() {
  stop_ = Stop::kTermRepeated;
  phase_timer_->Arm(context_->job->stop.grace - kSignalWait);
  UseSecondChannel("TERM");
}

void RemoteCommand::SendKill() {
  stop_ = Stop::kKillSent;
  phase_timer_->Arm(kKillWait);
  transport().Signal("KILL");
  // The line has answered by now, or something else has taken its place.
  if (beside_ == Beside::kAtWork && !LineHeard() && !parked_) beside_ = Beside::kFutile;
  UseSecondChannel("KILL");
}

// Not while nothing is read: the confirmation may be there.
void RemoteCommand::GiveUp() {
  if (parked_ || !context_->reading->open()) return phase_timer_->Arm(kKillWait);
  transport().CloseChannel();
  stop_outcome_.message += " The server did not confirm its end: it may still be running.";
  End(std::move(stop_outcome_));
}

// Where what answered was not the line, or the server opens no second session, it is not tried
// again.
void RemoteCommand::UseSecondChannel(absl::string_view signal) {
  if (!context_->job->stop.signal_only && beside_ != Beside::kFutile) {
    transport().DropBeside();
    beside_ = Beside::kAtWork;
    stop_line_ = StopLine(signal);
  }
  Advance();
}

// --- The end

void RemoteCommand::EndByExit() {
  const ExitReport& report = transport().exit_report();
  if (stop_ != Stop::kNo) {
    stop_outcome_.cancel_confirmed = report.ended();
    return End(std::move(stop_outcome_));
  }
  if (!report.ended()) {
    return End(HostState::kUnknown, Cause::kConnectionLost,
               "the server closed the channel without saying how the command ended.");
  }
  HostOutcome outcome;
  if (report.has_signal) {
    outcome.state = HostState::kSignaled;
    outcome.signal = report.signal;
    outcome.core_dumped = report.core_dumped;
  } else if (report.status != 0) {
    outcome.state = HostState::kExitedNonzero;
    outcome.exit_code = report.status;
  } else {
    outcome.state = HostState::kSucceeded;
  }
  if (outcome.state != HostState::kSucceeded) {
    outcome.message = absl::StrCat("the command ", HowItEnded(), ".");
  }
  End(std::move(outcome));
}

// Of Windows' codes people know the other forms.
std::string RemoteCommand::HowItEnded() const {
  const ExitReport& report = transport().exit_report();
  if (report.has_signal) return absl::StrCat("was ended by signal ", report.signal);
  std::string text = absl::StrCat("ended with exit code ", report.status);
  const auto as_signed = static_cast<int32_t>(report.status);
  if (as_signed < 0) absl::StrAppend(&text, " (0x", absl::Hex(report.status), ", ", as_signed, ")");
  return text;
}

void RemoteCommand::EndByExitOrLost() {
  const ExitReport& report = transport().exit_report();
  if (report.end_of_output && report.ended()) return EndByExit();
  transport().failure().cause == Cause::kExecRefused ? EndUnopened() : EndLost();
}

void RemoteCommand::EndUnopened() {
  const TransportFailure& failure = transport().failure();
  HostOutcome outcome;
  outcome.state = HostState::kUnreachable;
  outcome.cause = failure.cause;
  outcome.message = absl::StrCat(Endpoint(host_, *context_), ": ", failure.message, ".");
  End(std::move(outcome), warm_ && phase_ <= Phase::kExec &&
                              timings_->first_output == absl::ZeroDuration());
}

void RemoteCommand::EndLost() {
  const std::string what =
      transport().exit_report().ended()
          ? absl::StrCat(". Before, the server had said that the command ", HowItEnded(),
                         "; some of its output may be missing.")
          : ". The command was requested before; it may have run, or may still be running.";
  End(HostState::kUnknown, Cause::kConnectionLost,
      absl::StrCat(transport().failure().message, what));
}

void RemoteCommand::End(HostState state, Cause cause, std::string message) {
  HostOutcome outcome;
  outcome.state = state;
  outcome.cause = cause;
  outcome.message = std::move(message);
  End(std::move(outcome));
}

void RemoteCommand::EndNotStarted(std::string message) {
  End(HostState::kNotStarted, Cause::kNone, std::move(message));
}

void RemoteCommand::End(HostOutcome outcome, bool stale_session) {
  const bool lost_in_wait = phase_ == Phase::kReady && outcome.state == HostState::kUnreachable;
  if (phase_ == Phase::kReady) waited_ = context_->loop->Now() - ready_since_;
  const bool was_requested = requested();
  phase_ = Phase::kEnded;
  Unpark();
  SetHurried(false);
  timings_->closed = context_->loop->ReadClock() - begin_;
  stdout_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, OutputStream::kStdout, chunk);
  });
  stderr_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(host_.index, OutputStream::kStderr, chunk);
  });
  phase_timer_.reset();
  command_timer_.reset();
  idle_timer_.reset();
  const bool refused = stale_session && outcome.cause == Cause::kExecRefused;
  on_end_({std::move(outcome), stale_session, refused, was_requested, lost_in_wait, waited_});
}

}  // namespace muster::engine
