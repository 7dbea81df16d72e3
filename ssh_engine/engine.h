// Runs commands on hosts: the public face of ssh_engine.
#ifndef SSH_ENGINE_ENGINE_H_
#define SSH_ENGINE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ssh_engine/job.h"

namespace muster::engine {

// A handle on a run that was started. Thread-safe; no method blocks. Dropping it is Finish: it does
// not end the run. Calls from one thread take effect in their order.
class RunHandle {
 public:
  virtual ~RunHandle() = default;
  // Further hosts of the run, in one message to each loop that gets any. A loop starts its hosts in
  // the order in which they were added; Job::max_in_flight holds over all loops. Each host ends
  // with one OnEnd: those that come after Cancel or StopStarting at once, as kNotStarted. Does
  // nothing once the engine is being destroyed.
  virtual void Add(std::vector<Host> hosts) = 0;
  // No more will come: the observers are let go when the last host has ended.
  virtual void Finish() = 0;
  // Hosts whose command was not requested end as kNotStarted, commands under way are stopped
  // (StopRules) and end as kCanceled. Harmless when repeated.
  virtual void Cancel() = 0;
  // Hosts that are still in kQueued end as kNotStarted with this message, those under way finish.
  virtual void StopStarting(std::string message) = 0;
  // While paused, no host leaves kQueued; those under way go on.
  virtual void SetPaused(bool paused) = 0;
};

// Thread-safe. Destroying it ends every run: hosts under way end as kNotStarted or kUnknown, all
// observers get their OnEnd, then the loops stop.
class Engine {
 public:
  virtual ~Engine() = default;
  // A run without hosts yet: RunHandle::Add.
  virtual std::shared_ptr<RunHandle> Start(Job job, std::shared_ptr<RunObserver> observer) = 0;
  // Back-pressure. False: from now on no loop reads from a session whose command runs; at most what
  // was read within the calls under way (256 KiB a loop) still comes. True: they go on, in the
  // order in which they were left alone. Timeouts::idle does not run out meanwhile; commands that
  // are stopped are signaled, but none is given up as unconfirmed. Does not block.
  virtual void SetReading(bool reading) = 0;
};

struct EngineOptions {
  int loops = 0;  // 0: one per core that this process may use
  // Sessions in all, in use or kept open: shared out among the loops. Each takes a descriptor and
  // about kBytesPerSession, mostly less; one by way of a jump host counts as two. Hosts past it wait
  // for their turn.
  size_t max_sessions = 4096;
  absl::Duration session_idle = absl::Minutes(10);  // then an unused session is closed; 0: at once
  absl::Duration session_max_age = absl::Hours(1);  // SessionLimits::max_age; of jump hosts' too
};

// Resident memory to reckon with. Measured (tests/bench, flood): 17 KiB of a session that waits, 40
// KiB on average of those that are held up in the middle of large packets.
constexpr size_t kBytesPerSession = 64 * 1024;

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(const EngineOptions& options);

}  // namespace muster::engine

#endif  // SSH_ENGINE_ENGINE_H_
