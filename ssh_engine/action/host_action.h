// What is done on a host once there is a session.
#ifndef SSH_ENGINE_ACTION_HOST_ACTION_H_
#define SSH_ENGINE_ACTION_HOST_ACTION_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// One action on one session, from its channel to its outcome. Loop-confined; owned by the host's
// task.
class HostAction : public SessionUser {
 public:
  struct Result {
    HostOutcome outcome;
    // Nothing was started: on a session that was there already, a new one may do better.
    bool stale_session = false;
    // Of those: the server said no, as one does that takes one command on each session.
    bool refused = false;
    bool requested = false;  // as the observer has heard
    // The connection broke while the action waited for its grant: nothing was requested.
    bool lost_in_wait = false;
    absl::Duration waited_for_grant;
  };
  // Called once, after all output, from within a call to or from the action: it must not destroy
  // the action there.
  using OnEnd = absl::AnyInvocable<void(Result)>;

  virtual void Start() = 0;
  // The remote side may be asked to begin. Once, and only while the action waits for that: else
  // ignored.
  virtual void Grant() = 0;
  // Ends at once where nothing was requested, else stops first what was.
  virtual void Cancel(Cause cause, const std::string& message) = 0;
  // ActionContext::terminal_size has changed.
  virtual void OnResize() = 0;
  // Ends at once, and says what is not known.
  virtual void Abandon() = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_HOST_ACTION_H_
