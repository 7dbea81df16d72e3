// One loop's share of a run.
#ifndef SSH_ENGINE_RUN_ON_LOOP_H_
#define SSH_ENGINE_RUN_ON_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "ssh_engine/host_task.h"
#include "ssh_engine/in_flight_limit.h"
#include "ssh_engine/job.h"
#include "ssh_engine/run_context.h"

namespace muster::engine {

// Hands events on and sees to their Flush: at the end of the loop's iteration, or once they have
// passed 64 KiB. States alone wait a little: most are passed soon, and then need not be told.
// Loop-confined.
class FlushingObserver final : public LoopObserver {
 public:
  FlushingObserver(EventLoop* loop, std::unique_ptr<LoopObserver> observer);

  void OnState(uint32_t host_index, HostState state) override;
  void OnOutput(uint32_t host_index, OutputStream stream, const OutputChunk& chunk) override;
  void OnEnd(uint32_t host_index, const HostOutcome& outcome) override;
  // What there is, now.
  void Flush(absl::Time now) override;

 private:
  void Count(size_t bytes);

  EventLoop* const loop_;
  const std::unique_ptr<LoopObserver> observer_;
  const std::unique_ptr<Timer> state_timer_;
  size_t bytes_ = 0;  // since the last Flush
  bool deferred_ = false;
  std::shared_ptr<char> alive_;
};

// Starts this loop's hosts as the limit permits, and ends when each has ended. Loop-confined; owned
// by the engine's loop.
class RunOnLoop {
 public:
  // `context` needs no observer and no job. `on_done` is called once, when the
  // last host has ended and its events are flushed, never from within Start or Cancel; it may
  // destroy this.
  RunOnLoop(RunContext context, std::shared_ptr<const Job> job, std::vector<Host> hosts,
            std::unique_ptr<LoopObserver> observer, std::shared_ptr<InFlightLimit> limit,
            absl::AnyInvocable<void()> on_done);
  ~RunOnLoop();

  void Start();
  void Cancel();
  // The engine stops: all hosts have ended and their events are flushed when this returns.
  void Abandon();

 private:
  bool AllStarted() const { return next_ == hosts_.size(); }
  void StartMore();
  void StartOne();
  void OnGrant();
  void OnHostEnd(uint32_t host_index);
  void EndQueued(const char* message);
  void DoneIfSo();

  RunContext context_;
  const std::shared_ptr<InFlightLimit> limit_;
  FlushingObserver observer_;
  absl::AnyInvocable<void()> on_done_;

  std::vector<Host> hosts_;
  size_t next_ = 0;       // the first of hosts_ that was not started
  bool waiting_ = false;  // for a permit
  bool done_ = false;
  absl::flat_hash_map<uint32_t, std::unique_ptr<HostTask>> tasks_;  // by host index
  std::shared_ptr<char> alive_;  // what was posted or deferred is dropped once this is gone
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_ON_LOOP_H_
