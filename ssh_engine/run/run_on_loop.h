// One loop's share of a run.
#ifndef SSH_ENGINE_RUN_RUN_ON_LOOP_H_
#define SSH_ENGINE_RUN_RUN_ON_LOOP_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/dial/dial_context.h"
#include "ssh_engine/host.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/run/host_task.h"
#include "ssh_engine/run/in_flight_limit.h"
#include "ssh_engine/run/run_context.h"

namespace muster::engine {

// Hands events on and sees to their Flush: at the end of the loop's iteration, or before they would
// pass 32 KiB. States alone wait a little: most are passed soon, and then need not be told.
// Loop-confined.
class FlushingObserver final : public LoopObserver {
 public:
  FlushingObserver(EventLoop* loop, std::unique_ptr<LoopObserver> observer);

  void OnState(uint32_t host_index, HostState state) override;
  void OnReady(uint32_t host_index, absl::Duration took) override;
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
  Lifetime lifetime_;
};

// Starts this loop's hosts in the order of adding as the limit permits, and ends when no more will
// come and each has ended. Loop-confined; owned by the engine's loop. The public methods are those
// of RunHandle and LoopControl.
class RunOnLoop {
 public:
  // `context` needs no observer. `on_done` is called once, after Finish, when the last
  // host has ended and its events are flushed, never from within a call; it may destroy this.
  RunOnLoop(RunContext context, std::unique_ptr<LoopObserver> observer,
            std::shared_ptr<InFlightLimit> limit, absl::AnyInvocable<void()> on_done);
  ~RunOnLoop();

  void Add(std::vector<Host> hosts);
  // Of the limit: so many more may be started, of hosts that were added before.
  void Permit(uint32_t hosts);
  void Finish();
  void Cancel();
  void StopStarting(const std::string& message);
  void SetPaused(bool paused);
  void ResizeTerminals(TerminalSize size);
  void Grant(const std::vector<uint32_t>& hosts);
  // Takes time in proportion to the hosts whose turn has not come, where it is one of them.
  void CancelHost(uint32_t host, Cause cause, const std::string& message);
  // The engine stops: all hosts have ended and their events are flushed when this returns.
  void Abandon();

 private:
  void StartMore();
  void StartOne();
  // The one that leads to all hosts that have this Access.
  DialContext* DialContextOf(const std::shared_ptr<const Access>& access);
  void OnHostEnd(uint32_t host_index);
  void EndQueued();
  void EndUnstarted(uint32_t host_index, const std::string& message);
  void DoneIfSo();

  RunContext context_;
  absl::flat_hash_map<const Access*, std::unique_ptr<DialContext>> dial_contexts_;
  DialContext* last_dial_ = nullptr;  // one of them: mostly the next host's, too
  const std::shared_ptr<InFlightLimit> limit_;
  FlushingObserver observer_;
  absl::AnyInvocable<void()> on_done_;

  std::deque<Host> queued_;
  bool finished_ = false;
  bool paused_ = false;
  absl::optional<std::string> stopped_;  // why no further host is started
  uint32_t permits_ = 0;                 // not used yet
  bool done_ = false;
  struct Started {
    uint64_t turn;  // in the order of starting
    std::unique_ptr<HostTask> task;
  };
  uint64_t turns_ = 0;
  absl::flat_hash_map<uint32_t, Started> tasks_;  // by host index
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_RUN_ON_LOOP_H_
