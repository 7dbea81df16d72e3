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

// A handle on a run that was started. Dropping it does not end the run. Thread-safe; no call waits.
class RunHandle {
 public:
  virtual ~RunHandle() = default;
  // Further hosts, to be started in this order on each loop, after those before. One message to
  // each loop that has any.
  virtual void Add(std::vector<Host> hosts) = 0;
  // No more will come: the loops forget the run once its hosts have ended.
  virtual void Finish() = 0;
  // No host leaves kQueued any more until it is called with false.
  virtual void SetPaused(bool paused) = 0;
  // Hosts in kQueued, also those still to be added, end as kNotStarted, with this message; the
  // others go on.
  virtual void StopStarting(const std::string& message) = 0;
  // Hosts not yet started end as kNotStarted; commands under way are sent TERM, KILL after the
  // grace time, and end as kCanceled. Harmless when repeated.
  virtual void Cancel() = 0;
};

// Thread-safe. Destroying it ends every run: hosts under way end as kNotStarted or kUnknown, all
// observers get their OnEnd, then the loops stop.
class Engine {
 public:
  virtual ~Engine() = default;
  // A run without hosts: they come by RunHandle::Add. Each host ends with one OnEnd.
  virtual std::shared_ptr<RunHandle> Start(Job job, std::shared_ptr<RunObserver> observer) = 0;
  // Back-pressure: with false, no output is read from running commands, whose hosts then wait for
  // room in TCP's window; true: goes on. What may still come is a loop's turn, and what a command
  // that is being ended writes.
  virtual void SetReading(bool reading) = 0;
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
