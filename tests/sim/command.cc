#include "tests/sim/command.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace muster::sim {

using Action = Step::Action;

Command::Command(engine::EventLoop* loop, std::vector<Step> steps, uint64_t bytes_per_second,
                 absl::AnyInvocable<void()> wake)
    : loop_(loop),
      steps_(std::move(steps)),
      bytes_per_second_(bytes_per_second),
      wake_(std::move(wake)) {}

Command::Next Command::Advance() {
  while (!ended_) {
    if (at_ == steps_.size()) return End(CommandEnd::How::kExit);
    const size_t before = at_;
    const Next next = Perform(&steps_[at_]);
    if (at_ == before) return next;
  }
  return Next::kEnd;
}

// A step that is done moves at_ on; what it returns then does not count.
Command::Next Command::Perform(Step* step) {
  switch (step->action) {
    case Action::kWrite:
      return PerformWrite(step);
    case Action::kSleep:
      return PerformSleep(step);
    case Action::kStatus:
      end_.code = *step->code;
      NextStep();
      return Next::kWait;
    case Action::kExit:
      end_.code = step->code.value_or(end_.code);
      return End(CommandEnd::How::kExit);
    case Action::kSignal:
      end_.signal = step->signal;
      return End(CommandEnd::How::kSignal);
    case Action::kHang:
      return Next::kWait;
    case Action::kClose:
      return End(CommandEnd::How::kClose);
    case Action::kDrop:
      return End(CommandEnd::How::kDrop);
  }
  return Next::kWait;
}

Command::Next Command::PerformWrite(Step* step) {
  if (!started_) StartPacers(*step);
  started_ = true;
  if (step->output->done()) {
    end_.code = 0;
    NextStep();
    return Next::kWait;
  }
  if (Allowed() > 0) return Next::kOutput;
  absl::Duration wait;
  for (const Pacer& pacer : pacers_) {
    if (pacer.Allowed(loop_->Now()) == 0) wait = std::max(wait, pacer.Wait(loop_->Now()));
  }
  WaitFor(wait);
  return Next::kWait;
}

Command::Next Command::PerformSleep(Step* step) {
  if (slept_) {
    NextStep();
  } else if (!started_) {
    started_ = true;
    WaitFor(step->time);
  }
  return Next::kWait;
}

Command::Next Command::End(CommandEnd::How how) {
  ended_ = true;
  end_.how = how;
  return Next::kEnd;
}

void Command::StartPacers(const Step& step) {
  if (step.drip) pacers_.emplace_back(loop_->Now(), step.drip->bytes, step.drip->interval);
  if (bytes_per_second_ > 0) pacers_.push_back(Pacer::Rate(loop_->Now(), bytes_per_second_));
}

uint64_t Command::Allowed() const {
  uint64_t allowed = std::numeric_limits<uint64_t>::max();
  for (const Pacer& pacer : pacers_) allowed = std::min(allowed, pacer.Allowed(loop_->Now()));
  return allowed;
}

void Command::TakeOutput(size_t limit, std::string* out) {
  const size_t before = out->size();
  steps_[at_].output->Append(std::min<uint64_t>(limit, Allowed()), out);
  for (Pacer& pacer : pacers_) pacer.Spend(out->size() - before);
}

void Command::WaitFor(absl::Duration time) {
  if (timer_ == nullptr) {
    timer_ = loop_->NewTimer([this] {
      slept_ = true;
      wake_();
    });
  }
  timer_->Arm(time);
}

void Command::NextStep() {
  ++at_;
  started_ = false;
  slept_ = false;
  pacers_.clear();
}

void Command::Signal(absl::string_view name) {
  if (ended_) return;
  end_.signal = std::string(name);
  End(CommandEnd::How::kSignal);
}

}  // namespace muster::sim
