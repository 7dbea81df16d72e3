#include "ssh_engine/action/action_start.h"

#include <utility>

namespace muster::engine {

ActionStart::ActionStart(const ActionSite& site, ActionContext* context, Subject* subject)
    : site_(site),
      context_(context),
      subject_(subject),
      timer_(context->loop->NewTimer([this] { subject_->OnStartTimeout(); })) {
  SetHurried(site.warm);
  // The server may hang here as well.
  const absl::Duration limit = context->job->timeouts.connect;
  timer_->Arm(site.warm ? limit / 2 : limit);
}

void ActionStart::SetHurried(bool hurried) {
  if (std::exchange(hurried_, hurried) == hurried) return;
  context_->loop->AddHurried(hurried ? 1 : -1);
}

SshStep ActionStart::Advance() {
  switch (phase_) {
    case Phase::kOpening:
      return Open();
    case Phase::kReady:
      // Looks only whether the connection lives.
      return site_.session->transport().Pump();
    case Phase::kRequested:
      return Request();
    case Phase::kStarted:
      return SshStep::kDone;
  }
  return SshStep::kFailed;
}

// The disk may be full for hours: who waits for a grant has no limit in time, but may be canceled.
SshStep ActionStart::Open() {
  const SshStep step = subject_->Open();
  if (step != SshStep::kDone) return step;
  site_.timings->channel_open = SinceBegin();
  phase_ = Phase::kReady;
  timer_->Disarm();
  ready_since_ = context_->loop->Now();
  context_->observer->OnReady(site_.host->index, site_.timings->channel_open);
  return SshStep::kAgain;
}

bool ActionStart::Grant() {
  if (phase_ != Phase::kReady) return false;
  waited_ = waited();
  context_->observer->OnState(site_.host->index, HostState::kStarting);
  phase_ = Phase::kRequested;
  timer_->Arm(context_->job->timeouts.connect);
  return true;
}

SshStep ActionStart::Request() {
  const SshStep step = subject_->Request();
  if (step != SshStep::kDone) return step;
  site_.timings->started = SinceBegin();
  SetHurried(false);
  phase_ = Phase::kStarted;
  timer_->Disarm();
  context_->observer->OnState(site_.host->index, HostState::kRunning);
  return SshStep::kDone;
}

absl::Duration ActionStart::waited() const {
  return phase_ == Phase::kReady ? context_->loop->Now() - ready_since_ : waited_;
}

void ActionStart::End() {
  timer_.reset();
  SetHurried(false);
}

}  // namespace muster::engine
