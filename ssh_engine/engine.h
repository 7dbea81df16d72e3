// Runs commands on hosts: the public face of ssh_engine.
#ifndef SSH_ENGINE_ENGINE_H_
#define SSH_ENGINE_ENGINE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ssh_engine/job.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/run_handle.h"

namespace muster::engine {

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
  // about kBytesPerSession, mostly less; one by way of a jump host counts as two. Hosts past it
  // wait for their turn.
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
