// One host of a run, from its turn to its outcome.
#ifndef SSH_ENGINE_RUN_HOST_TASK_H_
#define SSH_ENGINE_RUN_HOST_TASK_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "ssh_engine/action/remote_command.h"
#include "ssh_engine/dial/dialer.h"
#include "ssh_engine/job.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/pool/run_context.h"
#include "ssh_engine/pool/session_pool.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Gets a session from the pool or makes one, tries again where that may help, runs the command on
// it, gives the session back, and tells the observer. Loop-confined; owned by RunOnLoop, which may
// destroy it at any time outside of its calls.
class HostTask {
 public:
  // `on_end` is called once, right after the observer's OnEnd, from within a call to or from the
  // task: it must not destroy the task there.
  HostTask(Host host, RunContext* context, absl::AnyInvocable<void()> on_end);
  HostTask(const HostTask&) = delete;
  HostTask& operator=(const HostTask&) = delete;

  void Start();
  // The command may be requested; ignored unless it waits for that.
  void Grant();
  // Ends at once where no command was requested, else stops the command first.
  void Cancel(Cause cause, const std::string& message);
  // Ends where it has not left the queue.
  void StopIfQueued(const std::string& message);
  // While paused it does not leave the queue.
  void SetPaused(bool paused);
  // The engine stops: ends at once, and says what is not known.
  void Abandon();

 private:
  SessionKey Key() const;
  // Queues for a session; any, or a new one.
  void AskForSession(bool fresh);
  void OnGrant(SessionPool::Grant grant);
  void Dial();
  void OnDialed(Dialer::Result result);
  void RunCommand(bool warm);
  void ReplaceSession(const RemoteCommand::Result& result);
  void OnCommandEnd(RemoteCommand::Result result);

  // Whether the server let us in, but ended the connection before it opened a session.
  bool TurnedOut(const RemoteCommand::Result& result) const;
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
  absl::AnyInvocable<void()> on_end_;

  // In the order in which they are used; destroyed in the opposite one.
  std::unique_ptr<SessionPool::Ticket> ticket_;  // while it queues
  std::unique_ptr<SessionPool::Place> place_;
  std::unique_ptr<Dialer> dialer_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<RemoteCommand> command_;
  std::unique_ptr<RemoteCommand> stale_command_;  // ended, but may be on the stack
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
  std::shared_ptr<const bool> way_lost_;  // ConnectResult's, of a session that was made here
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_HOST_TASK_H_
