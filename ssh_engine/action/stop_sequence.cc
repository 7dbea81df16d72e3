#include "ssh_engine/action/stop_sequence.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

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

constexpr size_t kKeptOfLine = 1024;

}  // namespace

StopSequence::StopSequence(EventLoop* loop, const Job& job, Session* session, Subject* subject)
    : loop_(loop),
      rules_(job.stop),
      become_(job.become),
      session_(session),
      subject_(subject),
      timer_(loop->NewTimer([this] { OnTimer(); })) {}

// The line has to be first: where a signal has ended the command's own process, OpenSSH's server
// signals no other, and nothing tells which those are. While nothing is read no line is heard.
void StopSequence::Begin() {
  if (rules_.signal_only || subject_->NothingIsRead()) {
    return SendSignal(Phase::kTermSent, "TERM", rules_.grace);
  }
  phase_ = Phase::kLineSent;
  SendLine(rules_.grace);
}

void StopSequence::SendLine(absl::Duration grace) {
  line_ = Line::kAtWork;
  text_ = StopLine(grace);
  if (become_ != nullptr) {
    becoming_ = std::make_unique<Becoming>(become_, text_, NewToken());
    text_ = becoming_->line();
  }
  channel_ = session_->transport().NewExecChannel(
      [this](OutputStream stream, absl::string_view bytes) { TakeLineOutput(stream, bytes); });
  if (becoming_ == nullptr) channel_->EndInput();
  timer_->Arm(kLineWait);
}

// The line itself writes to standard output alone.
void StopSequence::TakeLineOutput(OutputStream stream, absl::string_view bytes) {
  if (becoming_ != nullptr && stream == OutputStream::kStderr) {
    if (!becoming_->done()) becoming_->Hear(bytes);
    return;
  }
  absl::StrAppend(&output_, bytes.substr(0, kKeptOfLine - output_.size()));
}

void StopSequence::SendSignal(Phase phase, const std::string& name, absl::Duration wait) {
  phase_ = phase;
  timer_->Arm(wait);
  if (!subject_->command().closed()) subject_->command().Signal(name);
  if (!subject_->parked()) session_->UpdateInterest();
}

// Its steps take nothing in: the descriptor tells of what comes.
void StopSequence::TakeIn() {
  if (line_ != Line::kAtWork) return;
  const SshStep step = AdvanceLine();
  if (requested_ && becoming_ != nullptr && !channel_->closed()) {
    becoming_->Answer(channel_.get());
  }
  if (step == SshStep::kFailed || channel_->closed()) line_ = Line::kEnded;
}

SshStep StopSequence::AdvanceLine() {
  SshStep step = SshStep::kDone;
  if (!open_) {
    step = channel_->Open();
    open_ = step == SshStep::kDone;
  }
  if (open_ && !requested_ && !channel_->closed()) {
    step = channel_->Request(text_);
    requested_ = step == SshStep::kDone;
  }
  return step;
}

void StopSequence::Follow() {
  const bool signaled = phase_ == Phase::kTermSent || phase_ == Phase::kKillSent;
  if (signaled && line_ == Line::kUnused && !rules_.signal_only) {
    // It was parked.
    SendLine(phase_ == Phase::kKillSent ? absl::ZeroDuration() : rules_.grace);
    return subject_->Advance();
  }
  HearLine();
  const bool awaited = line_ == Line::kAtWork && phase_ != Phase::kReadingOn;
  if (subject_->command().closed() && !awaited) return subject_->OnStopped(false);
  if (phase_ != Phase::kLineSent || awaited) return;
  heard_ ? ReadOn() : SendSignal(Phase::kTermSent, "TERM", rules_.grace);
}

void StopSequence::HearLine() {
  if (heard_ || line_ == Line::kUnused || !Report().heard) return;
  heard_ = true;
  if (phase_ == Phase::kReadingOn) return;
  phase_ = Phase::kLineSent;
  timer_->Arm(rules_.grace + kStopLineKillWait + kReportWait);
}

void StopSequence::OnTimer() {
  if (phase_ == Phase::kLineSent && !heard_) {
    return SendSignal(Phase::kTermSent, "TERM", rules_.grace);
  }
  if (phase_ == Phase::kTermSent && !subject_->command().closed()) {
    return SendSignal(Phase::kKillSent, "KILL", kKillWait);
  }
  // What there is to know, and the output, may be there.
  if (subject_->NothingIsRead()) {
    read_on_until_ = loop_->Now() + kReadOn;
    return timer_->Arm(kQuiet);
  }
  phase_ == Phase::kReadingOn ? OnQuiet() : ReadOn();
}

void StopSequence::ReadOn() {
  phase_ = Phase::kReadingOn;
  if (subject_->command().closed()) return subject_->OnStopped(false);
  quiet_since_ = loop_->Now();
  read_on_until_ = loop_->Now() + kReadOn;
  timer_->Arm(kQuiet);
}

void StopSequence::OnQuiet() {
  const absl::Duration quiet_since = std::max(quiet_since_, subject_->last_output());
  const absl::Duration left = std::min(quiet_since + kQuiet, read_on_until_) - loop_->Now();
  left > absl::ZeroDuration() ? timer_->Arm(left) : subject_->OnStopped(true);
}

void StopSequence::Drop() {
  timer_.reset();
  channel_.reset();
}

std::string StopSequence::WhatIsLeft() const {
  const StopReport report = Report();
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

std::string StopSequence::WhyNoLine() const {
  if (rules_.signal_only) return "only signal requests were to be sent.";
  if (line_ == Line::kUnused) return "nothing was read from it meanwhile.";
  if (line_ == Line::kAtWork) return "nothing answered on a second channel in time.";
  return output_.empty() ? "no second command ran beside it, or it could not see the processes."
                         : "something else answered on a second channel (a forced command?).";
}

}  // namespace muster::engine
