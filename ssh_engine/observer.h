// What a run hears of the engine.
#ifndef SSH_ENGINE_OBSERVER_H_
#define SSH_ENGINE_OBSERVER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/output.h"

namespace muster::engine {

// What the observer of a run on one loop may ask of that loop. Thread-safe, never blocks, one
// message each; harmless for hosts that have ended, and once the run or the engine is gone.
class LoopControl {
 public:
  virtual ~LoopControl() = default;
  // The commands of these hosts may be requested now. Counts for hosts that wait for it (OnReady),
  // and for nothing else: a grant that comes when the host has ended, or has lost its session and
  // makes another, is dropped. The host is told ready again then, and wants a new one; should the
  // old one arrive only after that, it will do as well, and the new one is dropped.
  virtual void Grant(std::vector<uint32_t> hosts) = 0;
  // Ends one host: kNotStarted where the command was not requested, else the command is stopped
  // (StopRules), and it ends as kCanceled with this cause and message.
  virtual void CancelHost(uint32_t host, Cause cause, std::string message) = 0;
};

// Gets the events of one run on one loop. Every method is called on that loop's thread and must not
// block. For each host: OnState with rising states, OnReady before kStarting, OnOutput at any time
// while it runs, OnEnd once, last.
class LoopObserver {
 public:
  virtual ~LoopObserver() = default;
  virtual void OnState(uint32_t host_index, HostState state) = 0;
  // The channel is open, and the command waits for LoopControl::Grant, for any time; it is certain
  // that nothing was started. May come again: where the connection breaks meanwhile and the host
  // is tried again (Retries), and after kStarting where a session that was open already refuses the
  // request. `took`: since the host left the queue.
  virtual void OnReady(uint32_t host_index, absl::Duration took) = 0;
  virtual void OnOutput(uint32_t host_index, OutputStream stream, const OutputChunk& chunk) = 0;
  virtual void OnEnd(uint32_t host_index, const HostOutcome& outcome) = 0;
  // After the events of one loop iteration, or earlier, before they would pass 32 KiB: what came
  // since the last call belongs together. `now` is the time of all of them.
  virtual void Flush(absl::Time now) = 0;
};

// Gets the events of one run. Owned by the engine's loops until the last of them is done with the
// run.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // Called on loop `loop`'s thread, once, before its first event; the loop destroys it there. A
  // loop that gets no host of the run makes none.
  virtual std::unique_ptr<LoopObserver> ForLoop(int loop, std::shared_ptr<LoopControl> control) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_OBSERVER_H_
