#include "service/rollout/rollout.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

Why TooMany(uint32_t failures, uint32_t allowed) {
  std::string text =
      absl::StrCat(failures, failures == 1 ? " host has" : " hosts have", " failed, ");
  if (allowed == 0) {
    text += "and the run allows none";
  } else {
    absl::StrAppend(&text, "more than the ", allowed, " that the run allows");
  }
  return {v1::RUN_REASON_TOO_MANY_FAILED, std::move(text), ""};
}

}  // namespace

Rollout::Rollout(RolloutPlan plan, RolloutPast past)
    : plan_(std::move(plan)), hosts_(plan_.order.size(), HostStage::kWaiting) {
  if (!past.hosts.empty()) TakeUp(past);
}

void Rollout::TakeUp(const RolloutPast& past) {
  batch_ = told_batch_ = std::min(past.batch, batch_count());
  next_batch_ = std::max(told_batch_, 1u);
  for (size_t place = 0; place < plan_.order.size(); ++place) {
    const uint32_t host = plan_.order[place];
    if (past.hosts[host] == RolloutPast::Host::kWaiting) continue;
    const bool to_probe = past.hosts[host] == RolloutPast::Host::kSucceeded;
    hosts_[host] = to_probe ? HostStage::kSucceeded : HostStage::kDone;
    if (past.hosts[host] == RolloutPast::Host::kFailed) ++failures_;
    while (plan_.batch_ends[next_batch_ - 1] <= place) ++next_batch_;
  }
}

RolloutActions Rollout::Begin() {
  RolloutActions actions;
  if (stage_ != Stage::kNew) return actions;
  stage_ = Stage::kBetween;
  const bool none_left = std::none_of(hosts_.begin(), hosts_.end(),
                                      [](HostStage stage) { return stage == HostStage::kWaiting; });
  if (none_left) {
    EndRun(&actions);
  } else if (TooManyFailed()) {
    StopNow(TooMany(failures_, *plan_.max_failures), &actions);
  } else {
    GoOn(&actions);
  }
  return actions;
}

RolloutActions Rollout::HostEnded(uint32_t host, bool succeeded) {
  RolloutActions actions;
  if (hosts_[host] != HostStage::kStarted) return actions;
  hosts_[host] = succeeded ? HostStage::kSucceeded : HostStage::kDone;
  if (succeeded && plan_.probe) to_probe_.push_back(host);
  EndOne(succeeded, &actions);
  return actions;
}

RolloutActions Rollout::ProbeEnded(uint32_t host, bool succeeded) {
  RolloutActions actions;
  if (hosts_[host] != HostStage::kProbing) return actions;
  hosts_[host] = HostStage::kDone;
  EndOne(succeeded, &actions);
  return actions;
}

RolloutActions Rollout::TimerFired() {
  RolloutActions actions;
  timer_ = false;
  if (stage_ == Stage::kBetween) GoOn(&actions);
  return actions;
}

RolloutActions Rollout::Pause() {
  RolloutActions actions;
  if (paused_ || stopped_ || stage_ == Stage::kOver) return actions;
  paused_ = true;
  actions.running = false;
  actions.why.reason = v1::RUN_REASON_PAUSE_REQUESTED;
  return actions;
}

RolloutActions Rollout::Resume() {
  RolloutActions actions;
  if (!paused_) return actions;
  paused_ = false;
  actions.running = true;
  if (stage_ == Stage::kProbes) BeginProbes(&actions);
  if (stage_ == Stage::kBetween) GoOn(&actions);
  return actions;
}

RolloutActions Rollout::Stop(Why why) {
  RolloutActions actions;
  if (!stopped_ && stage_ != Stage::kOver) StopNow(std::move(why), &actions);
  return actions;
}

void Rollout::GoOn(RolloutActions* actions) {
  if (!paused_ && !timer_) BeginBatch(actions);
}

void Rollout::BeginBatch(RolloutActions* actions) {
  stage_ = Stage::kHosts;
  batch_ = next_batch_;
  // The contract does not tell of the only batch.
  if (batch_ > told_batch_ && batch_count() > 1) {
    actions->batch = told_batch_ = batch_;
    actions->batch_hosts = static_cast<uint32_t>(BatchEnd() - BatchBegin());
  }
  StartHosts(actions);
  if (under_way_ == 0) EndBatch(actions);
}

// But for a run that is continued, all of them are waiting.
void Rollout::StartHosts(RolloutActions* actions) {
  for (; next_ < BatchEnd(); ++next_) {
    const uint32_t host = plan_.order[next_];
    if (hosts_[host] == HostStage::kWaiting) {
      hosts_[host] = HostStage::kStarted;
      actions->start.push_back(host);
    } else if (hosts_[host] == HostStage::kSucceeded && plan_.probe && next_ >= BatchBegin()) {
      to_probe_.push_back(host);
    }
  }
  under_way_ = actions->start.size();
}

void Rollout::EndBatch(RolloutActions* actions) {
  if (batch_ == batch_count()) return EndRun(actions);
  stage_ = Stage::kProbes;
  BeginProbes(actions);
}

void Rollout::BeginProbes(RolloutActions* actions) {
  if (under_way_ > 0 || (paused_ && !to_probe_.empty())) return;
  actions->probe = std::exchange(to_probe_, {});
  under_way_ = actions->probe.size();
  for (const uint32_t host : actions->probe) hosts_[host] = HostStage::kProbing;
  if (under_way_ == 0) BeginBetween(actions);
}

void Rollout::BeginBetween(RolloutActions* actions) {
  stage_ = Stage::kBetween;
  next_batch_ = batch_ + 1;
  if (plan_.batch_pause > absl::ZeroDuration()) {
    timer_ = true;
    actions->timer = plan_.batch_pause;
  }
  if (plan_.confirm_batches && !paused_) {
    paused_ = true;
    actions->running = false;
    actions->why.reason = v1::RUN_REASON_BATCH_CONFIRMATION;
    actions->why.message = absl::StrCat("batch ", batch_, " of ", batch_count(),
                                        " has ended; the next begins when the run is resumed");
  }
  GoOn(actions);
}

void Rollout::EndOne(bool succeeded, RolloutActions* actions) {
  --under_way_;
  if (!succeeded) ++failures_;
  const bool all_ended = under_way_ == 0 && next_ == plan_.order.size();
  if (!succeeded && !stopped_ && !all_ended && TooManyFailed()) {
    return StopNow(TooMany(failures_, *plan_.max_failures), actions);
  }
  if (under_way_ > 0) return;
  if (stopped_) return EndRun(actions);
  if (stage_ == Stage::kHosts) {
    EndBatch(actions);
  } else {
    BeginBetween(actions);
  }
}

bool Rollout::TooManyFailed() const {
  return plan_.max_failures.has_value() && failures_ > *plan_.max_failures;
}

void Rollout::StopNow(Why why, RolloutActions* actions) {
  stopped_ = true;
  paused_ = false;
  actions->stop = true;
  actions->why = std::move(why);
  for (; next_ < plan_.order.size(); ++next_) {
    const uint32_t host = plan_.order[next_];
    if (std::exchange(hosts_[host], HostStage::kDone) == HostStage::kWaiting) {
      actions->not_started.push_back(host);
    }
  }
  if (under_way_ == 0) EndRun(actions);
}

void Rollout::EndRun(RolloutActions* actions) {
  stage_ = Stage::kOver;
  paused_ = false;
  actions->over = true;
}

}  // namespace muster::service
