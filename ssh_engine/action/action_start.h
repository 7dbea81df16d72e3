// From a session to an action that has begun.
#ifndef SSH_ENGINE_ACTION_ACTION_START_H_
#define SSH_ENGINE_ACTION_ACTION_START_H_

#include <memory>

#include "absl/time/time.h"
#include "ssh_engine/action/action_context.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/ssh_step.h"

namespace muster::engine {

// Opens the action's channel, says that the host is ready, waits for its grant, and requests what
// must be requested once at most. What every action has in common; loop-confined, owned by it.
class ActionStart {
 public:
  // The action. Each step is called again, whenever something has come, until it does not answer
  // kAgain.
  class Subject {
   public:
    virtual ~Subject() = default;
    virtual SshStep Open() = 0;
    virtual SshStep Request() = 0;
    // The server has not answered in time, in kOpening or kRequested: End.
    virtual void OnStartTimeout() = 0;
  };
  enum class Phase {
    kOpening,
    kReady,      // the channel is open; waits for Grant, without a limit in time
    kRequested,  // what was requested may be under way from here on
    kStarted,    // the server has confirmed it
  };

  // All of these outlive this.
  ActionStart(const ActionSite& site, ActionContext* context, Subject* subject);
  ~ActionStart() { SetHurried(false); }
  ActionStart(const ActionStart&) = delete;
  ActionStart& operator=(const ActionStart&) = delete;

  // The next step, before kStarted. kDone: the server has confirmed, just now. kFailed: phase()
  // tells whether anything was requested. kAgain: there is something to wait for.
  SshStep Advance();
  // False: it does not wait for that. Advance then.
  bool Grant();
  // Nothing is to be waited for any more.
  void End();

  Phase phase() const { return phase_; }
  bool requested() const { return phase_ >= Phase::kRequested; }
  // How long it has waited for the grant.
  absl::Duration waited() const;

 private:
  SshStep Open();
  SshStep Request();
  // Who has an open session expects an answer at once.
  void SetHurried(bool hurried);
  absl::Duration SinceBegin() const { return context_->loop->Now() - site_.begin; }

  const ActionSite& site_;
  ActionContext* const context_;
  Subject* const subject_;

  Phase phase_ = Phase::kOpening;
  std::unique_ptr<Timer> timer_;  // opening, request
  absl::Duration ready_since_;
  absl::Duration waited_;
  bool hurried_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_ACTION_START_H_
