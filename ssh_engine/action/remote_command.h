// One command on a session, from its channel to its outcome.
#ifndef SSH_ENGINE_ACTION_REMOTE_COMMAND_H_
#define SSH_ENGINE_ACTION_REMOTE_COMMAND_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ssh_engine/action/line_assembler.h"
#include "ssh_engine/action/stop_sequence.h"
#include "ssh_engine/job.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/pool/run_context.h"
#include "ssh_engine/transport/exec_channel.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Opens a channel, requests the command, hands its output to the observer, and stops it where a
// limit in time or the caller says so. Loop-confined; owned by the host's task.
class RemoteCommand final : public SessionUser,
                            private ReadingGate::User,
                            private StopSequence::Subject {
 public:
  struct Result {
    HostOutcome outcome;
    // Nothing was started: on a session that was there already, a new one may do better.
    bool stale_session = false;
    // Of those: the server said no, as one does that takes one command on each session.
    bool refused = false;
    bool requested = false;  // as the observer has heard
    // The connection broke while the command waited for its grant: nothing was requested.
    bool lost_in_wait = false;
    absl::Duration waited_for_grant;
  };

  // `session` must outlive this. `warm`: it was there already; where it does not open a channel
  // within half of Timeouts::connect it counts as stale. `on_end` is called once, after all output,
  // from within a call to or from this: it must not destroy this there.
  RemoteCommand(const Host& host, RunContext* context, Session* session, bool warm,
                absl::Duration begin, HostTimings* timings,
                absl::AnyInvocable<void(Result)> on_end);
  ~RemoteCommand() override;
  RemoteCommand(const RemoteCommand&) = delete;
  RemoteCommand& operator=(const RemoteCommand&) = delete;

  void Start();
  // The command may be requested. Once, and only while it waits for that: else ignored.
  void Grant();
  // Ends at once where no command was requested, else stops the command first.
  void Cancel(Cause cause, const std::string& message);
  // Whether the command may have been started.
  bool requested() const { return phase_ == Phase::kExec || phase_ == Phase::kRunning; }
  // Ends at once.
  void Abandon();

  void OnSessionReady() override { Advance(); }

 private:
  enum class Phase {
    kOpening,
    kReady,    // the channel is open; waits for Grant, without a limit in time
    kExec,     // the command was requested: it may run from here on
    kRunning,  // the server has confirmed it
    kEnded,
  };
  // Who has an open session expects an answer at once.
  void SetHurried(bool hurried);
  // Takes steps until one has to wait, then says what to wait for.
  void Advance() override;
  // One step; whether to go on at once.
  bool Step();
  bool OpenChannel();
  void BeginWait();
  bool WaitForGrant();
  bool Exec();
  bool Pump();
  bool TakeIn();
  // Once what has come was taken in.
  void Settle();
  // Whether reading has to wait; then this is parked.
  bool Parked();
  void Unpark();
  void OnReadingAgain() override;

  void OnPhaseTimeout();
  void OnOpenTimeout();
  void OnCommandTimeout();
  void OnIdleTimer();
  void StopCommand(HostState state, Cause cause, std::string message);
  StopSequence* NewSequence();
  void OnStopped(bool cut_short) override;
  ExecChannel& command() override { return *channel_; }
  bool NothingIsRead() const override { return parked_ || !context_->reading->open(); }
  bool parked() const override { return parked_; }
  absl::Duration last_output() const override { return last_output_; }

  void OnOutput(OutputStream stream, absl::string_view bytes);
  void NoteExit();
  void EndByExit();
  void EndByExitOrLost();
  // `cut_short`: the channel was closed from here.
  void EndStopped(bool cut_short);
  std::string WhatIsLeft() const;
  // How the command's own process ended, where the server has told: in the outcome, and in words.
  void TellExit(HostOutcome* outcome) const;
  void EndUnopened();
  void EndLost();
  void EndUnknown(Cause cause, absl::string_view what);
  void EndNotStarted(std::string message);
  void End(HostOutcome outcome, bool stale_session = false);
  void End(HostState state, Cause cause, std::string message);

  // By the server: all output has come.
  bool closed() const { return channel_->closed(); }
  const ExitReport& exit_report() const { return channel_->exit_report(); }
  absl::Duration SinceBegin() const { return context_->loop->Now() - begin_; }
  const Timeouts& limits() const { return context_->job->timeouts; }
  SshTransport& transport() const { return session_->transport(); }

  const Host& host_;
  RunContext* const context_;
  Session* const session_;
  const bool warm_;
  const absl::Duration begin_;
  HostTimings* const timings_;
  absl::AnyInvocable<void(Result)> on_end_;
  std::unique_ptr<ExecChannel> channel_;  // null once this has ended

  Phase phase_ = Phase::kOpening;
  std::unique_ptr<Timer> phase_timer_;    // opening, exec
  std::unique_ptr<Timer> command_timer_;  // null: no limit
  std::unique_ptr<Timer> idle_timer_;     // null: no limit
  absl::Duration ready_since_;
  absl::Duration waited_;  // for the grant
  absl::Duration last_output_;

  bool stopping_ = false;  // was asked for; begins once the request is answered
  bool ended_before_stop_ = false;
  HostOutcome stop_outcome_;
  std::unique_ptr<StopSequence> sequence_;  // from where it begins on
  bool parked_ = false;
  bool hurried_ = false;

  LineAssembler stdout_;
  LineAssembler stderr_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_REMOTE_COMMAND_H_
