#include "ssh_engine/action/remote_command.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/action/stop_line.h"

namespace muster::engine {
namespace {

// From the line to signal requests, where it is not heard: the login shell of a host that is short
// of time starts slowly.
constexpr absl::Duration kLineWait = absl::Seconds(5);
// From its grace time and kStopLineKillWait to doing without its report.
constexpr absl::Duration kReportWait = absl::Seconds(2);
// From KILL by signal request to doing without its effect.
constexpr absl::Duration kKillWait = absl::Seconds(2);
// Output that is still to come once a stop has done what it can, or that a command has left which
// had ended before: read until none comes for a time, but not for ever.
constexpr absl::Duration kQuiet = absl::Seconds(1);
constexpr absl::Duration kReadOn = absl::Seconds(10);

// Of Windows' codes people know the other forms.
std::string HowItEnded(const ExitReport& report) {
  if (report.has_signal) return absl::StrCat("by signal ", report.signal);
  std::string text = absl::StrCat("with exit code ", report.status);
  const auto as_signed = static_cast<int32_t>(report.status);
  if (as_signed < 0) absl::StrAppend(&text, " (0x", absl::Hex(report.status), ", ", as_signed, ")");
  return text;
}

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
      if (stop_ == Stop::kRequested) BeginStop();
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
  const SshTransport::Step step = closed_ ? transport().PumpIdle() : transport().Pump();
  if (step == SshTransport::Step::kFailed) return step;
  closed_ = closed_ || step == SshTransport::Step::kDone;
  // RunBeside takes nothing in: the descriptor tells of what comes.
  if (beside_ == Beside::kAtWork &&
      transport().RunBeside(stop_line_) != SshTransport::Step::kAgain) {
    beside_ = Beside::kEnded;
  }
  return step;
}

bool RemoteCommand::Pump() {
  if (Parked()) return false;
  const SshTransport::Step step = PumpBoth();
  NoteExit();
  if (step == SshTransport::Step::kFailed) {
    EndByExitOrLost();
  } else {
    if (!closed_) session_->SetBulk(transport().HasMore());
    Settle();
  }
  return false;
}

void RemoteCommand::Settle() {
  if (stop_ > Stop::kRequested) return FollowStop();
  if (closed_) EndByExit();
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
  outcome.message =
      absl::StrCat("opening a session on ", Endpoint(host_, *context_), " took longer than ",
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
    return EndUnknown(Cause::kDaemonLost, "musterd was stopped while the command ran; ");
  }
  EndNotStarted("musterd was stopped before the command was started.");
}

// What a command leaves behind that has ended by itself is not signalled.
void RemoteCommand::StopCommand(HostState state, Cause cause, std::string message) {
  if (stop_ != Stop::kNo || phase_ == Phase::kEnded) return;
  stop_outcome_.state = state;
  stop_outcome_.cause = cause;
  stop_outcome_.message = std::move(message);
  ended_before_stop_ = phase_ == Phase::kRunning && transport().exit_report().ended();
  if (ended_before_stop_) return ReadOn();
  stop_ = Stop::kRequested;
  // A signal sent before the exec request is answered would be lost, and would eat the answer.
  if (phase_ != Phase::kRunning) return;
  BeginStop();
  Advance();
}

// The line has to be first: where a signal has ended the command's own process, OpenSSH's server
// signals no other, and nothing tells which those are. While nothing is read no line is heard.
void RemoteCommand::BeginStop() {
  const StopRules& rules = context_->job->stop;
  if (rules.signal_only || NothingIsRead()) return SendSignal(Stop::kTermSent, "TERM", rules.grace);
  stop_ = Stop::kLineSent;
  SendLine(rules.grace);
}

void RemoteCommand::SendLine(absl::Duration grace) {
  beside_ = Beside::kAtWork;
  stop_line_ = StopLine(grace);
  phase_timer_->Arm(kLineWait);
}

void RemoteCommand::SendSignal(Stop stop, const std::string& name, absl::Duration wait) {
  stop_ = stop;
  phase_timer_->Arm(wait);
  if (!closed_) transport().Signal(name);
  if (!parked_) session_->UpdateInterest();
}

void RemoteCommand::FollowStop() {
  const StopRules& rules = context_->job->stop;
  const bool signaled = stop_ == Stop::kTermSent || stop_ == Stop::kKillSent;
  if (signaled && beside_ == Beside::kUnused && !rules.signal_only) {
    // It was parked.
    SendLine(stop_ == Stop::kKillSent ? absl::ZeroDuration() : rules.grace);
    Advance();
    return;
  }
  if (!line_heard_ && beside_ != Beside::kUnused && LineReport().heard) {
    line_heard_ = true;
    if (stop_ != Stop::kReadingOn) {
      stop_ = Stop::kLineSent;
      phase_timer_->Arm(rules.grace + kStopLineKillWait + kReportWait);
    }
  }
  const bool awaited = beside_ == Beside::kAtWork && stop_ != Stop::kReadingOn;
  if (closed_ && !awaited) return EndByExit();
  if (stop_ != Stop::kLineSent || awaited) return;
  line_heard_ ? ReadOn() : SendSignal(Stop::kTermSent, "TERM", rules.grace);
}

void RemoteCommand::OnStopTimer() {
  if (stop_ == Stop::kLineSent && !line_heard_) {
    return SendSignal(Stop::kTermSent, "TERM", context_->job->stop.grace);
  }
  if (stop_ == Stop::kTermSent && !closed_) return SendSignal(Stop::kKillSent, "KILL", kKillWait);
  // What there is to know, and the output, may be there.
  if (NothingIsRead()) {
    read_on_until_ = context_->loop->Now() + kReadOn;
    return phase_timer_->Arm(kQuiet);
  }
  stop_ == Stop::kReadingOn ? OnQuiet() : ReadOn();
}

void RemoteCommand::ReadOn() {
  stop_ = Stop::kReadingOn;
  if (closed_) return EndByExit();
  last_output_ = context_->loop->Now();
  read_on_until_ = context_->loop->Now() + kReadOn;
  phase_timer_->Arm(kQuiet);
}

void RemoteCommand::OnQuiet() {
  const absl::Duration left =
      std::min(last_output_ + kQuiet, read_on_until_) - context_->loop->Now();
  left > absl::ZeroDuration() ? phase_timer_->Arm(left) : CutShort();
}

void RemoteCommand::CutShort() {
  transport().CloseChannel();
  EndStopped(true);
}

// --- The end

void RemoteCommand::EndByExit() {
  const ExitReport& report = transport().exit_report();
  // Past its output limit, what came after the stop is missing too.
  const bool by_itself = ended_before_stop_ && stop_outcome_.cause != Cause::kOutputLimit;
  if (stop_ != Stop::kNo && !by_itself) return EndStopped(false);
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
    outcome.message = absl::StrCat("the command ", report.has_signal ? "was ended " : "ended ",
                                   HowItEnded(report), ".");
  }
  End(std::move(outcome));
}

void RemoteCommand::EndByExitOrLost() {
  const ExitReport& report = transport().exit_report();
  if (report.end_of_output && report.ended()) return EndByExit();
  transport().failure().cause == Cause::kExecRefused ? EndUnopened() : EndLost();
}

void RemoteCommand::EndStopped(bool cut_short) {
  std::string& message = stop_outcome_.message;
  const ExitReport& report = transport().exit_report();
  TellExit(&stop_outcome_);
  if (cut_short && report.ended()) {
    absl::StrAppend(&message, " It ended ", HowItEnded(report),
                    ", but its output was still coming, or is held open by what it left behind: "
                    "output may be missing.");
  } else if (cut_short) {
    absl::StrAppend(&message, " The server did not report its end: output may be missing.");
  } else if (ended_before_stop_) {
    absl::StrAppend(&message, " It ended by itself, ", HowItEnded(report), ".");
  }
  stop_outcome_.cancel_confirmed = LineReport().all_ended();
  absl::StrAppend(&message, WhatIsLeft());
  End(std::move(stop_outcome_));
}

std::string RemoteCommand::WhatIsLeft() const {
  if (ended_before_stop_) {
    return " What it may have left behind was not signalled, and may still be running.";
  }
  const StopReport report = LineReport();
  if (!report.heard) {
    return absl::StrCat(" Whether processes that it started still run is not known: ", WhyNoLine());
  }
  if (!report.finished) {
    return " Its host did not tell in time what is left of it: it may still be running.";
  }
  std::string text;
  if (report.left > 0) {
    absl::StrAppend(&text, " KILL did not end ", report.left_names,
                    ": of another user, or stuck in the kernel?");
  }
  if (report.strayed > 0) {
    absl::StrAppend(&text, " Not signalled, as it may be a daemon or an earlier command's: ",
                    report.strayed_names, ".");
  }
  if (report.hidden) {
    absl::StrAppend(&text, " Its host hides other users' processes (hidepid): such may still run.");
  }
  if (report.found == 0) {
    absl::StrAppend(&text,
                    " Its own process had ended before it could be signalled: what that had "
                    "started may still be running.");
  }
  return text;
}

std::string RemoteCommand::WhyNoLine() const {
  if (context_->job->stop.signal_only) return "only signal requests were to be sent.";
  if (beside_ == Beside::kUnused) return "nothing was read from it meanwhile.";
  if (beside_ == Beside::kAtWork) return "nothing answered on a second channel in time.";
  return transport().beside_output().empty()
             ? "no second command ran beside it, or it could not see the processes."
             : "something else answered on a second channel (a forced command?).";
}

void RemoteCommand::TellExit(HostOutcome* outcome) const {
  const ExitReport& report = transport().exit_report();
  outcome->exit_reported = report.ended();
  outcome->exit_code = report.status;
  outcome->signal = report.signal;
  outcome->core_dumped = report.core_dumped;
}

void RemoteCommand::EndUnopened() {
  // Not to be tried on another session any more.
  if (stop_ != Stop::kNo) {
    return EndNotStarted(stop_outcome_.message + " The server had refused to run it.");
  }
  const TransportFailure& failure = transport().failure();
  HostOutcome outcome;
  outcome.state = HostState::kUnreachable;
  outcome.cause = failure.cause;
  outcome.message = absl::StrCat(Endpoint(host_, *context_), ": ", failure.message, ".");
  End(std::move(outcome),
      warm_ && phase_ <= Phase::kExec && timings_->first_output == absl::ZeroDuration());
}

void RemoteCommand::EndLost() {
  EndUnknown(Cause::kConnectionLost,
             absl::StrCat(transport().failure().message, ". The command was requested before; "));
}

void RemoteCommand::EndUnknown(Cause cause, absl::string_view what) {
  HostOutcome outcome;
  outcome.state = HostState::kUnknown;
  outcome.cause = cause;
  TellExit(&outcome);
  outcome.message = absl::StrCat(
      what, outcome.exit_reported ? absl::StrCat("it ended ", HowItEnded(transport().exit_report()),
                                                 ", but output may be missing.")
                                  : "it may have run, or may still be running.");
  if (stop_ != Stop::kNo) {
    absl::StrAppend(&outcome.message, " It was being ended: ", stop_outcome_.message);
  }
  End(std::move(outcome));
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
