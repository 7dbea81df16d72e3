#include "ssh_engine/run/run_on_loop.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "ssh_engine/loop/event_loop.h"

namespace muster::engine {
namespace {

// More is to come in pieces of the same size: memory that one of many sizes has left fits no other.
constexpr size_t kFlushBytes = 32 * 1024;
constexpr absl::Duration kStateDelay = absl::Milliseconds(20);
// What an event without output is counted as.
constexpr size_t kEventBytes = 32;

}  // namespace

FlushingObserver::FlushingObserver(EventLoop* loop, std::unique_ptr<LoopObserver> observer)
    : loop_(loop),
      observer_(std::move(observer)),
      state_timer_(loop->NewTimer([this] { Flush(loop_->WallTime()); })) {}

void FlushingObserver::OnState(uint32_t host_index, HostState state) {
  observer_->OnState(host_index, state);
  bytes_ += kEventBytes;
  if (!state_timer_->armed()) state_timer_->Arm(kStateDelay);
}

void FlushingObserver::OnReady(uint32_t host_index, absl::Duration took) {
  observer_->OnReady(host_index, took);
  Count(kEventBytes);
}

void FlushingObserver::OnOutput(uint32_t host_index, OutputStream stream,
                                const OutputChunk& chunk) {
  const size_t bytes = chunk.bytes.size() + kEventBytes;
  if (bytes_ + bytes > kFlushBytes) Flush(loop_->WallTime());
  observer_->OnOutput(host_index, stream, chunk);
  Count(bytes);
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
  loop_->Defer(lifetime_.Guard([this] {
    deferred_ = false;
    Flush(loop_->WallTime());
  }));
}

RunOnLoop::RunOnLoop(RunContext context, std::unique_ptr<LoopObserver> observer,
                     std::shared_ptr<InFlightLimit> limit, absl::AnyInvocable<void()> on_done)
    : context_(std::move(context)),
      limit_(std::move(limit)),
      observer_(context_.action.loop, std::move(observer)),
      on_done_(std::move(on_done)) {
  context_.action.observer = &observer_;
}

RunOnLoop::~RunOnLoop() = default;

void RunOnLoop::Add(std::vector<Host> hosts) {
  queued_.insert(queued_.end(), std::make_move_iterator(hosts.begin()),
                 std::make_move_iterator(hosts.end()));
  if (stopped_) return EndQueued();
  StartMore();
}

void RunOnLoop::Finish() {
  finished_ = true;
  DoneIfSo();
}

void RunOnLoop::Permit(uint32_t hosts) {
  permits_ += hosts;
  StartMore();
}

// Permits for hosts that have ended in the queue meanwhile go on to the next. While the run is
// paused the others stay here: the order is kept.
void RunOnLoop::StartMore() {
  for (; permits_ > 0 && !queued_.empty() && !paused_; --permits_) StartOne();
  for (; permits_ > queued_.size(); --permits_) limit_->Release();
}

void RunOnLoop::StartOne() {
  const uint32_t index = queued_.front().index;
  DialContext* const dial = DialContextOf(queued_.front().access);
  auto task = std::make_unique<HostTask>(std::move(queued_.front()), &context_, dial,
                                         [this, index] { OnHostEnd(index); });
  queued_.pop_front();
  HostTask* const started = task.get();
  tasks_.emplace(index, Started{turns_++, std::move(task)});
  started->Start();
}

DialContext* RunOnLoop::DialContextOf(const std::shared_ptr<const Access>& access) {
  if (last_dial_ != nullptr && last_dial_->access == access) return last_dial_;
  std::unique_ptr<DialContext>& context = dial_contexts_[access.get()];
  if (context == nullptr) {
    context = std::make_unique<DialContext>(context_.dial);
    UseAccess(access, context.get());
    AddJumpHosts(context_.links, context.get());
  }
  return last_dial_ = context.get();
}

// The task is still at work on the stack: it is destroyed at the end of the iteration.
void RunOnLoop::OnHostEnd(uint32_t host_index) {
  context_.action.loop->Defer(lifetime_.Guard([this, host_index] {
    tasks_.erase(host_index);
    limit_->Release();
    DoneIfSo();
  }));
}

// --- What the run's handle and its observer ask. Ends of tasks come back to OnHostEnd, which
// leaves tasks_ alone.

void RunOnLoop::Grant(const std::vector<uint32_t>& hosts) {
  for (const uint32_t host : hosts) {
    const auto task = tasks_.find(host);
    if (task != tasks_.end()) task->second.task->Grant();
  }
}

void RunOnLoop::CancelHost(uint32_t host, Cause cause, const std::string& message) {
  const auto task = tasks_.find(host);
  if (task != tasks_.end()) return task->second.task->Cancel(cause, message);
  const auto queued = std::find_if(queued_.begin(), queued_.end(),
                                   [host](const Host& one) { return one.index == host; });
  if (queued == queued_.end()) return;
  queued_.erase(queued);
  EndUnstarted(host, message);
  StartMore();
  DoneIfSo();
}

void RunOnLoop::Cancel() {
  if (!stopped_) stopped_ = "the run was canceled before this host's turn came.";
  EndQueued();
  for (auto& task : tasks_) task.second.task->Cancel(Cause::kNone, "the run was canceled.");
}

void RunOnLoop::StopStarting(const std::string& message) {
  if (!stopped_) stopped_ = message;
  EndQueued();
  for (auto& task : tasks_) task.second.task->StopIfQueued(*stopped_);
}

void RunOnLoop::SetPaused(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  // They queue in the pool anew, in the old order.
  std::vector<const Started*> started;
  for (const auto& task : tasks_) started.push_back(&task.second);
  std::sort(started.begin(), started.end(),
            [](const Started* a, const Started* b) { return a->turn < b->turn; });
  for (const Started* one : started) one->task->SetPaused(paused);
  StartMore();
}

void RunOnLoop::ResizeTerminals(TerminalSize size) {
  context_.action.terminal_size = size;
  for (auto& task : tasks_) task.second.task->OnResize();
}

void RunOnLoop::Abandon() {
  stopped_ = "musterd was stopped before this host's turn came.";
  EndQueued();
  for (auto& task : tasks_) task.second.task->Abandon();
  observer_.Flush(context_.action.loop->WallTime());
}

// --- The end

void RunOnLoop::EndQueued() {
  for (const Host& host : std::exchange(queued_, {})) EndUnstarted(host.index, *stopped_);
  StartMore();
  DoneIfSo();
}

void RunOnLoop::EndUnstarted(uint32_t host_index, const std::string& message) {
  HostOutcome outcome;
  outcome.state = HostState::kNotStarted;
  outcome.message = message;
  observer_.OnEnd(host_index, outcome);
}

void RunOnLoop::DoneIfSo() {
  if (done_ || !finished_ || !queued_.empty() || !tasks_.empty()) return;
  done_ = true;
  observer_.Flush(context_.action.loop->WallTime());
  context_.action.loop->Defer(lifetime_.Guard([this] { on_done_(); }));
}

}  // namespace muster::engine
