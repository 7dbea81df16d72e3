#include "ssh_engine/run_on_loop.h"

#include <utility>

#include "ssh_engine/event_loop.h"

namespace muster::engine {
namespace {

constexpr size_t kFlushBytes = 64 * 1024;
constexpr absl::Duration kStateDelay = absl::Milliseconds(20);
// What an event without output is counted as.
constexpr size_t kEventBytes = 32;

}  // namespace

FlushingObserver::FlushingObserver(EventLoop* loop, std::unique_ptr<LoopObserver> observer)
    : loop_(loop),
      observer_(std::move(observer)),
      state_timer_(loop->NewTimer([this] { Flush(loop_->WallTime()); })),
      alive_(std::make_shared<char>()) {}

void FlushingObserver::OnState(uint32_t host_index, HostState state) {
  observer_->OnState(host_index, state);
  bytes_ += kEventBytes;
  if (!state_timer_->armed()) state_timer_->Arm(kStateDelay);
}

// Others may wait for what it leads to: no delay.
void FlushingObserver::OnReady(uint32_t host_index) {
  observer_->OnReady(host_index);
  Count(kEventBytes);
}

void FlushingObserver::OnOutput(uint32_t host_index, OutputStream stream,
                                const OutputChunk& chunk) {
  observer_->OnOutput(host_index, stream, chunk);
  Count(chunk.bytes.size() + kEventBytes);
}

void FlushingObserver::OnEnd(uint32_t host_index, const HostOutcome& outcome) {
  observer_->OnEnd(host_index, outcome);
  Count(kEventBytes);
}

void FlushingObserver::Flush(absl::Time now) {
  if (bytes_ == 0) return;
  bytes_ = 0;
  observer_->Flush(now);
}

void FlushingObserver::Count(size_t bytes) {
  bytes_ += bytes;
  if (bytes_ >= kFlushBytes) return Flush(loop_->WallTime());
  if (std::exchange(deferred_, true)) return;
  loop_->Defer([this, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    deferred_ = false;
    Flush(loop_->WallTime());
  });
}

RunOnLoop::RunOnLoop(RunContext context, std::shared_ptr<const Job> job,
                     std::unique_ptr<LoopObserver> observer, std::shared_ptr<InFlightLimit> limit,
                     absl::AnyInvocable<void()> on_done)
    : context_(std::move(context)),
      limit_(std::move(limit)),
      observer_(context_.loop, std::move(observer)),
      on_done_(std::move(on_done)),
      alive_(std::make_shared<char>()) {
  context_.job = std::move(job);
  context_.observer = &observer_;
}

RunOnLoop::~RunOnLoop() = default;

void RunOnLoop::Add(std::vector<Host> hosts) {
  for (Host& host : hosts) hosts_.push_back(std::move(host));
  if (stopped_) EndQueued(*stopped_);
  StartMore();
}

void RunOnLoop::Finish() {
  finished_ = true;
  DoneIfSo();
}

// A permit that comes too late for this loop goes on to the next.
void RunOnLoop::StartMore() {
  while (!AllStarted() && !waiting_ && !paused_) {
    // Weak: while it waits, the limit owns it.
    auto grant = [this, loop = context_.loop, waiting_for = std::weak_ptr<InFlightLimit>(limit_),
                  alive = std::weak_ptr<char>(alive_)] {
      loop->Post([this, limit = waiting_for.lock(), alive] {
        alive.expired() ? limit->Release() : OnGrant();
      });
    };
    if (limit_->Acquire(std::move(grant))) {
      StartOne();
    } else {
      waiting_ = true;
    }
  }
}

void RunOnLoop::OnGrant() {
  waiting_ = false;
  if (AllStarted() || paused_) return limit_->Release();
  StartOne();
  StartMore();
}

void RunOnLoop::StartOne() {
  Host host = std::move(hosts_.front());
  hosts_.pop_front();
  const uint32_t index = host.index;
  auto task =
      std::make_unique<HostTask>(std::move(host), &context_, [this, index] { OnHostEnd(index); });
  HostTask* const started = task.get();
  tasks_.emplace(index, std::move(task));
  started->Start();
}

// The task is still at work on the stack: it is destroyed at the end of the iteration.
void RunOnLoop::OnHostEnd(uint32_t host_index) {
  context_.loop->Defer([this, host_index, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    tasks_.erase(host_index);
    limit_->Release();
    StartMore();
    DoneIfSo();
  });
}

void RunOnLoop::SetPaused(bool paused) {
  if (std::exchange(paused_, paused) == paused) return;
  for (auto& task : tasks_) task.second->SetPaused(paused);
  StartMore();
}

void RunOnLoop::StopStarting(const std::string& message) {
  stopped_ = message;
  EndQueued(message);
  for (auto& task : tasks_) task.second->StopIfQueued(message);
  DoneIfSo();
}

void RunOnLoop::Grant(const std::vector<uint32_t>& host_indexes) {
  for (const uint32_t index : host_indexes) {
    const auto task = tasks_.find(index);
    if (task != tasks_.end()) task->second->Grant();
  }
}

void RunOnLoop::CancelHost(uint32_t host_index, Cause cause, const std::string& message) {
  const auto task = tasks_.find(host_index);
  if (task != tasks_.end()) task->second->Cancel(cause, message);
}

void RunOnLoop::Cancel() {
  stopped_ = "the run was canceled before this host's turn came.";
  EndQueued(*stopped_);
  // Ends come back to OnHostEnd, which leaves tasks_ alone.
  for (auto& task : tasks_) task.second->Cancel(Cause::kNone, "the run was canceled.");
  DoneIfSo();
}

void RunOnLoop::Abandon() {
  EndQueued("musterd was stopped before this host's turn came.");
  for (auto& task : tasks_) task.second->Abandon();
  observer_.Flush(context_.loop->WallTime());
}

void RunOnLoop::EndQueued(const std::string& message) {
  HostOutcome outcome;
  outcome.state = HostState::kNotStarted;
  outcome.message = message;
  for (; !AllStarted(); hosts_.pop_front()) observer_.OnEnd(hosts_.front().index, outcome);
}

void RunOnLoop::DoneIfSo() {
  if (done_ || !finished_ || !AllStarted() || !tasks_.empty()) return;
  done_ = true;
  observer_.Flush(context_.loop->WallTime());
  context_.loop->Defer([this, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) on_done_();
  });
}

}  // namespace muster::engine
