// One host of a run, from its name to its outcome.
#ifndef SSH_ENGINE_HOST_TASK_H_
#define SSH_ENGINE_HOST_TASK_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "ssh_engine/connector.h"
#include "ssh_engine/event_loop.h"
#include "ssh_engine/helper_pool.h"
#include "ssh_engine/job.h"
#include "ssh_engine/line_assembler.h"
#include "ssh_engine/login.h"
#include "ssh_engine/ssh_transport.h"

namespace muster::engine {

// What the hosts of one run on one loop share; outlives them. Loop-confined.
struct HostTaskContext {
  EventLoop* loop = nullptr;
  Connector* connector = nullptr;
  HelperPool* helpers = nullptr;
  SshTransportFactory new_transport;
  std::shared_ptr<const Job> job;
  std::shared_ptr<const Credential> credential;  // this loop's own copy
  LoopObserver* observer = nullptr;
  size_t preferred_identity = 0;  // Login
};

// Resolves, connects, checks the host key, logs in, runs the command, and tells the observer. Every
// phase has its limit in time. Loop-confined; owned by RunOnLoop, which may destroy it at any time
// outside of its calls.
class HostTask {
 public:
  // `on_end` is called once, right after the observer's OnEnd, from within a call to or from the
  // task: it must not destroy the task there.
  HostTask(Host host, HostTaskContext* context, absl::AnyInvocable<void()> on_end);
  ~HostTask();
  HostTask(const HostTask&) = delete;
  HostTask& operator=(const HostTask&) = delete;

  void Start();
  // The run is canceled: ends at once where no command was requested, else stops the command first.
  void Cancel();
  // The engine stops: ends at once, and says what is not known.
  void Abandon();

 private:
  enum class Phase {
    kIdle,
    kConnecting,
    kHandshake,
    kSavingHostKey,  // a helper thread writes known_hosts
    kLogin,
    kOpening,
    kExec,     // the command was requested: it may run from here on
    kRunning,  // the server has confirmed it
    kEnded,
  };
  // How far stopping the command has come.
  enum class Stop { kNo, kRequested, kTermSent, kKillSent };

  bool ExecRequested() const { return phase_ == Phase::kExec || phase_ == Phase::kRunning; }

  void OnConnected(ConnectResult result);
  // Takes steps until one has to wait, then says what to wait for.
  void Advance();
  // Whether nothing may be taken in until a helper thread is done.
  bool Parked() const;
  // One step; whether to go on at once.
  bool Step();
  bool Handshake();
  bool CheckHostKey();
  void Reject(Cause cause, std::string message);
  bool SaveHostKey();
  void OnHostKeySaved(const absl::Status& status);
  void BeginLogin();
  bool LogIn();
  void EndLogin();
  bool OpenChannel();
  void BeginExec();
  bool Exec();
  bool Pump();

  void OnPhaseTimeout();
  std::string PhaseName() const;
  void OnCommandTimeout();
  void OnIdleTimer();
  void StopCommand(HostState state, std::string message);
  void SendTerm();
  void OnGraceOver();

  void OnOutput(OutputStream stream, absl::string_view bytes);
  void SetState(HostState state);
  void EndByExit();
  void EndByExitOrLost();
  void EndUnreachable();
  void EndLost();
  void End(HostOutcome outcome);
  void End(HostState state, Cause cause, std::string message);

  const Host host_;
  HostTaskContext* const context_;
  absl::AnyInvocable<void()> on_end_;

  Phase phase_ = Phase::kIdle;
  std::unique_ptr<Connector::Attempt> attempt_;
  std::shared_ptr<SshTransport> transport_;  // shared with a helper thread while Login is busy
  std::unique_ptr<FdWatch> watch_;           // of the transport's descriptor: destroyed first
  std::unique_ptr<Login> login_;

  std::unique_ptr<Timer> phase_timer_;    // connect, then opening and exec, then the grace time
  std::unique_ptr<Timer> command_timer_;  // null: no limit
  std::unique_ptr<Timer> idle_timer_;     // null: no limit
  absl::Duration last_output_;

  Stop stop_ = Stop::kNo;
  HostOutcome stop_outcome_;

  LineAssembler stdout_;
  LineAssembler stderr_;
  std::shared_ptr<char> alive_;  // what helper threads send is dropped once this is gone
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HOST_TASK_H_
