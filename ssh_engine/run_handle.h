// A run that is under way in the engine.
#ifndef SSH_ENGINE_RUN_HANDLE_H_
#define SSH_ENGINE_RUN_HANDLE_H_

#include <string>
#include <vector>

#include "ssh_engine/channel_setup.h"
#include "ssh_engine/host.h"

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
  // Of the terminals of commands, also of those that are started later.
  virtual void ResizeTerminals(TerminalSize size) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_HANDLE_H_
