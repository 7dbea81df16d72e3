// One host of a run, from its turn to its outcome.
#ifndef SSH_ENGINE_RUN_HOST_TASK_H_
#define SSH_ENGINE_RUN_HOST_TASK_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "ssh_engine/action/host_action.h"
#include "ssh_engine/dial/dial_context.h"
#include "ssh_engine/dial/dialer.h"
#include "ssh_engine/host.h"
#include "ssh_engine/job.h"
#include "ssh_engine/observer.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/pool/session_pool.h"
#include "ssh_engine/run/run_context.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Gets a session from the pool or makes one, tries again where that may help, runs the job's action
// on it, gives the session back, and tells the observer. Loop-confined; owned by RunOnLoop, which
// may destroy it at any time outside of its calls.
class HostTask {
 public:
  // `dial` leads to the host, as its Access says. `on_end` is called once, right after the
  // observer's OnEnd, from within a call to or from the task: it must not destroy the task there.
  HostTask(Host host, RunContext* context, DialContext* dial, absl::AnyInvocable<void()> on_end);
  HostTask(const HostTask&) = delete;
  HostTask& operator=(const HostTask&) = delete;

  void Start();
  // The action may begin; ignored unless it waits for that.
  void Grant();
  // HostAction's; where there is none yet, ends at once.
  void Cancel(Cause cause, const std::string& message);
  // Ends where it has not left the queue.
  void StopIfQueued(const std::string& message);
  // While paused it does not leave the queue.
  void SetPaused(bool paused);
  // HostAction's.
  void OnResize();
  // The engine stops: ends at once, and says what is not known.
  void Abandon();

 private:
  EventLoop* loop() const { return context_->action.loop; }
  const Job& job() const { return *context_->action.job; }
  LoopObserver* observer() const { return context_->action.observer; }
  SessionKey Key() const;
  // Queues for a session; any, or a new one.
  void AskForSession(bool fresh);
  void OnGrant(SessionPool::Grant grant);
  void Dial();
  void OnDialed(Dialer::Result result);
  void StartAction(bool warm);
  void ReplaceSession(const HostAction::Result& result);
  void OnActionEnd(HostAction::Result result);

  // Whether the server let us in, but ended the connection before it opened a session.
  bool TurnedOut(const HostAction::Result& result) const;
  HostOutcome LoginRefused() const;
  // Whether what ended so is tried again, later.
  bool TryAgain(const HostOutcome& outcome);
  bool WaitForResources();
  void AskLater(absl::Duration wait);
  void LeaveQueue();
  void RiseTo(HostState state);
  void End(HostOutcome outcome);
  void EndUnstarted(std::string message);

  const Host host_;
  RunContext* const context_;
  DialContext* const dial_;
  absl::AnyInvocable<void()> on_end_;

  // In the order in which they are used; destroyed in the opposite one.
  std::unique_ptr<SessionPool::Ticket> ticket_;  // while it queues
  std::unique_ptr<SessionPool::Place> place_;
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<HostAction> action_;
  std::unique_ptr<HostAction> stale_action_;  // ended, but may be on the stack
  std::unique_ptr<Timer> retry_timer_;

  HostState state_ = HostState::kQueued;  // up to kAuthenticating
  bool left_queue_ = false;
  bool ended_ = false;
  absl::Duration begin_;     // when it left the queue
  absl::Duration deadline_;  // of all attempts together (Timeouts::connect)
  int attempts_ = 0;
  int short_of_resources_ = 0;  // attempts that failed for want of descriptors or ports here
  bool warm_ = false;
  bool reuse_refused_ = false;  // by the server, on a session that was there already
  HostTimings timings_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_HOST_TASK_H_
