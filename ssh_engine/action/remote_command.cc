#include "ssh_engine/action/remote_command.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

// What the job has, and of the host's own what that leaves open.
ChannelSetup SetupOf(const ActionContext& context, const Host& host) {
  ChannelSetup setup = context.job->setup;
  if (host.setup != nullptr) {
    if (!setup.terminal.has_value()) setup.terminal = host.setup->terminal;
    setup.environment.insert(host.setup->environment.begin(), host.setup->environment.end());
  }
  if (setup.terminal.has_value() && context.terminal_size.has_value()) {
    setup.terminal->size = *context.terminal_size;
  }
  return setup;
}

// Of Windows' codes people know the other forms.
std::string HowItEnded(const ExitReport& report) {
  if (report.has_signal) return absl::StrCat("by signal ", report.signal);
  std::string text = absl::StrCat("with exit code ", report.status);
  const auto as_signed = static_cast<int32_t>(report.status);
  if (as_signed < 0) absl::StrAppend(&text, " (0x", absl::Hex(report.status), ", ", as_signed, ")");
  return text;
}

}  // namespace

RemoteCommand::RemoteCommand(Program program, const ActionSite& site, ActionContext* context,
                             OnEnd on_end)
    : program_(std::move(program)),
      site_(site),
      context_(context),
      on_end_(std::move(on_end)),
      start_(site_, context, this),
      stdout_(context->job->max_line),
      stderr_(context->job->max_line) {}

RemoteCommand::~RemoteCommand() { Unpark(); }

void RemoteCommand::Start() {
  site_.session->SetUser(this);
  site_.session->SetBulk(false);
  channel_ = transport().NewExecChannel(
      [this](OutputStream stream, absl::string_view bytes) { OnOutput(stream, bytes); });
  if (program_.prologue != nullptr || context_->job->input != nullptr) {
    input_ = std::make_unique<InputFeed>(
        program_.prologue, context_->job->input, site_.host->index, context_->loop, channel_.get(),
        [this] { Advance(); }, [this] { EndInput(); });
  }
  Advance();
}

void RemoteCommand::Advance() {
  while (Step()) {
  }
  if (ended_) return;
  parked_ ? site_.session->Park() : site_.session->UpdateInterest();
}

bool RemoteCommand::Step() {
  if (ended_) return false;
  return running() ? Pump() : Begin();
}

// Before the grant: where a server refuses, nothing was requested.
SshStep RemoteCommand::Open() {
  if (!open_) {
    const SshStep step = channel_->Open();
    if (step != SshStep::kDone) return step;
    open_ = true;
    setup_ = SetupOf(*context_, *site_.host);
  }
  if (setup_.empty()) return SshStep::kDone;
  const SshStep step = channel_->SetUp(setup_);
  if (step != SshStep::kDone) return step;
  if (channel_->environment_refused() && context_->job->refused_environment != nullptr) {
    ++*context_->job->refused_environment;
  }
  FollowSize();
  return step;
}

void RemoteCommand::OnResize() {
  if (ended_ || start_.phase() == ActionStart::Phase::kOpening) return;
  FollowSize();
  if (!parked_) site_.session->UpdateInterest();
}

void RemoteCommand::FollowSize() {
  if (!setup_.terminal.has_value() || !context_->terminal_size.has_value()) return;
  if (setup_.terminal->size == *context_->terminal_size) return;
  setup_.terminal->size = *context_->terminal_size;
  channel_->Resize(setup_.terminal->size);
}

bool RemoteCommand::Begin() {
  switch (start_.Advance()) {
    case SshStep::kAgain:
      return false;
    case SshStep::kDone:
      if (input_ == nullptr && setup_.terminal.has_value() && !becoming()) EndInput();
      if (stopping_) NewSequence()->Begin();
      return true;
    case SshStep::kFailed:
      // A refusal is an answer: nothing was started.
      requested() && !IsRefusal(channel_->failure().cause) ? EndLost() : EndUnopened();
      return false;
  }
  return false;
}

void RemoteCommand::Grant() {
  if (ended_ || !start_.Grant()) return;
  // It reads end of file rather than wait for input.
  if (input_ == nullptr && !setup_.terminal.has_value() && !becoming()) EndInput();
  StartLimits();
  Advance();
}

void RemoteCommand::StartLimits() {
  last_output_ = context_->loop->Now();
  if (becoming()) {
    becoming_timer_ = context_->loop->NewTimer([this] { OnBecomingTimeout(); });
    becoming_timer_->Arm(limits().connect);
  }
  if (limits().command > absl::ZeroDuration()) {
    command_timer_ = context_->loop->NewTimer([this] { OnCommandTimeout(); });
    command_timer_->Arm(limits().command);
  }
  if (context_->job->partial_after > absl::ZeroDuration()) {
    part_timer_ = context_->loop->NewTimer([this] { GiveParts(); });
  }
  if (limits().idle > absl::ZeroDuration()) {
    idle_timer_ = context_->loop->NewTimer([this] { OnIdleTimer(); });
    idle_timer_->Arm(limits().idle);
  }
}

bool RemoteCommand::Parked() {
  if (!parked_ && !context_->reading->open()) {
    parked_ = true;
    context_->reading->Park(this, site_.session->bulk());
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

// Whether neither the connection nor the channel has failed.
bool RemoteCommand::TakeIn() {
  if (transport().Pump() == SshStep::kFailed) return false;
  if (channel_->failure().failed()) return false;
  if (sequence_ != nullptr) sequence_->TakeIn();
  return true;
}

bool RemoteCommand::Pump() {
  if (Parked()) return false;
  const bool lives = TakeIn();
  NoteExit();
  if (!lives) {
    EndByExitOrLost();
  } else if (Converse()) {
    if (!closed()) site_.session->SetBulk(transport().HasMore());
    Feed();
    Settle();
  }
  return false;
}

bool RemoteCommand::Converse() {
  if (becoming_timer_ == nullptr) return true;
  if (becoming() && !stopping_ && !closed()) program_.becoming->Answer(channel_.get());
  if (program_.becoming->refused() && !stopping_) {
    EndBecoming("");
    return false;
  }
  if (becoming()) return true;
  becoming_timer_.reset();
  if (input_ == nullptr && !closed()) EndInput();
  return true;
}

void RemoteCommand::OnBecomingTimeout() {
  if (stopping_ || !becoming()) return;
  if (NothingIsRead()) return becoming_timer_->Arm(limits().connect);
  EndBecoming(absl::StrCat(" It took longer than ", absl::FormatDuration(limits().connect), "."));
}

// What still waits for a password reads end of file.
void RemoteCommand::EndBecoming(absl::string_view remark) {
  HostOutcome outcome =
      program_.becoming->Explain(Endpoint(*site_.host, site_.jump_path), site_.host->user);
  absl::StrAppend(&outcome.message, remark);
  channel_->Close();
  End(std::move(outcome));
}

// What is being ended gets no more.
void RemoteCommand::Feed() {
  if (input_ == nullptr || stopping_ || becoming()) return;
  input_->Send();
  if (input_->problem().empty()) return;
  StopCommand(HostState::kCanceled, Cause::kNone,
              absl::StrCat("its input could not be read: ", input_->problem(), "."));
}

void RemoteCommand::EndInput() {
  if (!setup_.terminal.has_value()) return channel_->EndInput();
  typed_end_ = std::make_unique<TypedEnd>(context_->loop, channel_.get(), [this] {
    if (!parked_) site_.session->UpdateInterest();
  });
}

void RemoteCommand::Settle() {
  if (sequence_ != nullptr) return sequence_->Follow();
  if (closed()) EndByExit();
}

void RemoteCommand::OnOutput(OutputStream stream, absl::string_view bytes) {
  last_output_ = context_->loop->Now();
  // Much output may come within one iteration.
  site_.timings->last_output = context_->loop->ReadClock() - site_.begin;
  if (site_.timings->first_output == absl::ZeroDuration()) {
    site_.timings->first_output = site_.timings->last_output;
  }
  // A terminal has both in one.
  const OutputStream of_talk =
      setup_.terminal.has_value() ? OutputStream::kStdout : OutputStream::kStderr;
  if (becoming() && stream == of_talk) {
    return Show(stream, program_.becoming->Hear(bytes));
  }
  Show(stream, bytes);
}

void RemoteCommand::Show(OutputStream stream, absl::string_view bytes) {
  LineAssembler& assembler = stream == OutputStream::kStdout ? stdout_ : stderr_;
  assembler.Append(bytes, [&](const OutputChunk& chunk) {
    context_->observer->OnOutput(index(), stream, chunk);
  });
  WatchParts();
}

// Counted from the first byte: a progress bar may never pause.
void RemoteCommand::WatchParts() {
  if (part_timer_ == nullptr || part_timer_->armed()) return;
  if (stdout_.held() + stderr_.held() > 0) part_timer_->Arm(context_->job->partial_after);
}

void RemoteCommand::GiveParts() {
  stdout_.GivePart([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(index(), OutputStream::kStdout, chunk);
  });
  stderr_.GivePart([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(index(), OutputStream::kStderr, chunk);
  });
}

void RemoteCommand::NoteExit() {
  if (site_.timings->exited == absl::ZeroDuration() && exit_report().ended()) {
    site_.timings->exited = context_->loop->ReadClock() - site_.begin;
  }
}

// --- Limits in time, and stopping

void RemoteCommand::OnStartTimeout() {
  const std::string limit = absl::FormatDuration(limits().connect);
  if (requested()) {
    return End(HostState::kUnknown, Cause::kConnectionLost,
               absl::StrCat("the server did not answer the request to run the ", program_.name,
                            " within ", limit, "; it may have been started."));
  }
  HostOutcome outcome;
  outcome.state = HostState::kConnectTimeout;
  outcome.message = absl::StrCat("opening a session on ", Endpoint(*site_.host, site_.jump_path),
                                 " took longer than ", limit, " (connect timeout).");
  End(std::move(outcome), site_.warm);
}

void RemoteCommand::OnCommandTimeout() {
  StopCommand(HostState::kCommandTimeout, Cause::kNone,
              absl::StrCat("the ", program_.name, " took longer than ",
                           absl::FormatDuration(limits().command), " (command timeout)."));
}

// Armed once for many outputs: looks how long the last one is ago.
void RemoteCommand::OnIdleTimer() {
  const absl::Duration silent = context_->loop->Now() - last_output_;
  if (!context_->reading->open() || parked_) return idle_timer_->Arm(limits().idle);
  if (silent < limits().idle) return idle_timer_->Arm(limits().idle - silent);
  StopCommand(HostState::kIdleTimeout, Cause::kNone,
              absl::StrCat("the ", program_.name, " wrote nothing for ",
                           absl::FormatDuration(limits().idle), " (idle timeout)."));
}

void RemoteCommand::Cancel(Cause cause, const std::string& message) {
  if (ended_) return;
  if (requested()) return StopCommand(HostState::kCanceled, cause, message);
  EndNotStarted(message);
}

void RemoteCommand::Abandon() {
  if (ended_) return;
  if (requested()) {
    return EndUnknown(Cause::kDaemonLost,
                      absl::StrCat("musterd was stopped while the ", program_.name, " ran; "));
  }
  EndNotStarted(absl::StrCat("musterd was stopped before the ", program_.name, " was started."));
}

// What a command leaves behind that has ended by itself is not signalled.
void RemoteCommand::StopCommand(HostState state, Cause cause, std::string message) {
  if (stopping_ || ended_) return;
  stopping_ = true;
  stop_outcome_.state = state;
  stop_outcome_.cause = cause;
  stop_outcome_.message = std::move(message);
  ended_before_stop_ = running() && exit_report().ended();
  if (ended_before_stop_) return NewSequence()->ReadOn();
  // A signal sent before the exec request is answered would be lost, and would eat the answer.
  if (!running()) return;
  NewSequence()->Begin();
  Advance();
}

StopSequence* RemoteCommand::NewSequence() {
  StopSequence::Subject* const subject = this;
  sequence_ =
      std::make_unique<StopSequence>(context_->loop, *context_->job, site_.session, subject);
  return sequence_.get();
}

void RemoteCommand::OnStopped(bool cut_short) {
  if (!cut_short) return EndByExit();
  channel_->Close();
  EndStopped(true);
}

// --- The end

void RemoteCommand::EndByExit() {
  const ExitReport& report = exit_report();
  // Past its output limit, what came after the stop is missing too.
  const bool by_itself = ended_before_stop_ && stop_outcome_.cause != Cause::kOutputLimit;
  if (stopping_ && !by_itself) return EndStopped(false);
  if (!report.ended()) {
    return End(HostState::kUnknown, Cause::kConnectionLost,
               absl::StrCat("the server closed the channel without saying how the ", program_.name,
                            " ended."));
  }
  if (becoming()) return EndBecoming("");
  EndByItself();
}

void RemoteCommand::EndByItself() {
  const ExitReport& report = exit_report();
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
    outcome.message =
        absl::StrCat("the ", program_.name, report.has_signal ? " was ended " : " ended ",
                     HowItEnded(report), ".");
  }
  End(std::move(outcome));
}

void RemoteCommand::EndByExitOrLost() {
  const ExitReport& report = exit_report();
  if (report.end_of_output && report.ended()) return EndByExit();
  IsRefusal(channel_->failure().cause) ? EndUnopened() : EndLost();
}

void RemoteCommand::EndStopped(bool cut_short) {
  std::string& message = stop_outcome_.message;
  const ExitReport& report = exit_report();
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
  stop_outcome_.cancel_confirmed = sequence_->all_ended();
  absl::StrAppend(&message, WhatIsLeft());
  End(std::move(stop_outcome_));
}

std::string RemoteCommand::WhatIsLeft() const {
  return ended_before_stop_
             ? " What it may have left behind was not signalled, and may still be running."
             : sequence_->WhatIsLeft();
}

void RemoteCommand::TellExit(HostOutcome* outcome) const {
  const ExitReport& report = exit_report();
  outcome->exit_reported = report.ended();
  outcome->exit_code = report.status;
  outcome->signal = report.signal;
  outcome->core_dumped = report.core_dumped;
}

void RemoteCommand::EndUnopened() {
  // Not to be tried on another session any more.
  if (stopping_) {
    return EndNotStarted(stop_outcome_.message + " The server had refused to run it.");
  }
  const TransportFailure& failure = channel_->failure();
  HostOutcome outcome;
  outcome.state = failure.state();
  outcome.cause = failure.cause;
  outcome.message =
      absl::StrCat(Endpoint(*site_.host, site_.jump_path), ": ", failure.message, ".");
  End(std::move(outcome),
      site_.warm && !running() && site_.timings->first_output == absl::ZeroDuration());
}

void RemoteCommand::EndLost() {
  EndUnknown(Cause::kConnectionLost, absl::StrCat(channel_->failure().message, ". The ",
                                                  program_.name, " was requested before; "));
}

void RemoteCommand::EndUnknown(Cause cause, absl::string_view what) {
  HostOutcome outcome;
  outcome.state = HostState::kUnknown;
  outcome.cause = cause;
  TellExit(&outcome);
  outcome.message = absl::StrCat(what, outcome.exit_reported
                                           ? absl::StrCat("it ended ", HowItEnded(exit_report()),
                                                          ", but output may be missing.")
                                           : "it may have run, or may still be running.");
  if (stopping_) {
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
  const bool refused = stale_session && IsRefusal(outcome.cause);
  const bool was_requested = requested();
  const bool unreached =
      outcome.state == HostState::kUnreachable || outcome.state == HostState::kThrottled;
  const bool lost_in_wait = start_.phase() == ActionStart::Phase::kReady && unreached;
  const absl::Duration waited = start_.waited();
  ended_ = true;
  Unpark();
  start_.End();
  site_.timings->closed = context_->loop->ReadClock() - site_.begin;
  FinishOutput();
  command_timer_.reset();
  idle_timer_.reset();
  becoming_timer_.reset();
  part_timer_.reset();
  if (sequence_ != nullptr) sequence_->Drop();
  typed_end_.reset();
  channel_.reset();
  on_end_({std::move(outcome), stale_session, refused, was_requested, lost_in_wait, waited});
}

void RemoteCommand::FinishOutput() {
  stdout_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(index(), OutputStream::kStdout, chunk);
  });
  stderr_.Finish([this](const OutputChunk& chunk) {
    context_->observer->OnOutput(index(), OutputStream::kStderr, chunk);
  });
}

}  // namespace muster::engine
