// Runs commands on hosts: the public face of ssh_engine.
#ifndef SSH_ENGINE_ENGINE_H_
#define SSH_ENGINE_ENGINE_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ssh_engine/job.h"

namespace muster::engine {

// A handle on a run that was started. Dropping it does not end the run. Thread-safe.
class RunHandle {
 public:
  virtual ~RunHandle() = default;
  // Hosts not yet started end as kNotStarted; commands under way are sent TERM, KILL after the
  // grace time, and end as kCanceled. Harmless when repeated.
  virtual void Cancel() = 0;
};

// Thread-safe. Destroying it ends every run: hosts under way end as kNotStarted or kUnknown, all
// observers get their OnEnd, then the loops stop.
class Engine {
 public:
  virtual ~Engine() = default;
  // Hands the run to the loops, one message each, and returns at once. `hosts` may be empty. Each
  // host ends with one OnEnd.
  virtual std::shared_ptr<RunHandle> Start(Job job, std::vector<Host> hosts,
                                           std::shared_ptr<RunObserver> observer) = 0;
};

struct EngineOptions {
  int loops = 0;  // 0: one per core that this process may use
  // Sessions in all, in use or kept open: shared out among the loops. Each takes a descriptor and,
  // after some output, about kBytesPerSession. Hosts past it wait for their turn.
  size_t max_sessions = 4096;
  absl::Duration session_idle = absl::Minutes(10);  // then an unused session is closed; 0: at once
};

// Resident memory of a session that has carried bulk output, with its place in the pool.
constexpr size_t kBytesPerSession = 128 * 1024;

absl::StatusOr<std::unique_ptr<Engine>> NewEngine(const EngineOptions& options);

}  // namespace muster::engine

#endif  // SSH_ENGINE_ENGINE_H_
