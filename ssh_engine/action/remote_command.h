// One command on a session, from its channel to its outcome.
#ifndef SSH_ENGINE_ACTION_REMOTE_COMMAND_H_
#define SSH_ENGINE_ACTION_REMOTE_COMMAND_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "ssh_engine/action/action_context.h"
#include "ssh_engine/action/action_start.h"
#include "ssh_engine/action/becoming.h"
#include "ssh_engine/action/host_action.h"
#include "ssh_engine/action/input_feed.h"
#include "ssh_engine/action/line_assembler.h"
#include "ssh_engine/action/stop_sequence.h"
#include "ssh_engine/action/typed_end.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/job.h"
#include "ssh_engine/outcome.h"
#include "ssh_engine/transport/exec_channel.h"

namespace muster::engine {

// Requests what is to be run, hands its output to the observer, and stops it where a limit in time
// or the caller says so.
class RemoteCommand final : public HostAction,
                            private ActionStart::Subject,
                            private ReadingGate::User,
                            private StopSequence::Subject {
 public:
  // What is run.
  struct Program {
    const char* name;  // as messages have it: "command"
    // Asks the server for it; called again while the answer is kAgain.
    std::function<SshStep(ExecChannel*)> request;
    // Whose line `request` asks for. Null: it runs as the user who is logged in.
    std::unique_ptr<Becoming> becoming = nullptr;
    // Command::prologue.
    std::shared_ptr<const std::string> prologue = nullptr;
  };

  // What `program` uses must outlive this, and so must what the others point to.
  RemoteCommand(Program program, const ActionSite& site, ActionContext* context, OnEnd on_end);
  ~RemoteCommand() override;
  RemoteCommand(const RemoteCommand&) = delete;
  RemoteCommand& operator=(const RemoteCommand&) = delete;

  void Start() override;
  void Grant() override;
  void Cancel(Cause cause, const std::string& message) override;
  void Abandon() override;
  void OnResize() override;
  void OnSessionReady() override { Advance(); }

 private:
  // Takes steps until one has to wait, then says what to wait for.
  void Advance() override;
  // One step; whether to go on at once.
  bool Step();
  bool Begin();
  SshStep Open() override;
  SshStep Request() override { return program_.request(channel_.get()); }
  void OnStartTimeout() override;
  void FollowSize();
  void EndInput();
  bool Pump();
  bool TakeIn();
  void Feed();
  // With the program that makes another user of us. Whether it is over.
  bool Converse();
  void OnBecomingTimeout();
  void EndBecoming(absl::string_view remark);
  // Once what has come was taken in.
  void Settle();
  // Whether reading has to wait; then this is parked.
  bool Parked();
  void Unpark();
  void OnReadingAgain() override;

  void StartLimits();
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
  void Show(OutputStream stream, absl::string_view bytes);
  // After output: a line that is not whole does not wait for long.
  void WatchParts();
  void GiveParts();
  void FinishOutput();
  void NoteExit();
  void EndByExit();
  void EndByItself();
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
  // The command may have been started, and has not ended.
  bool requested() const { return !ended_ && start_.requested(); }
  bool running() const { return !ended_ && start_.phase() == ActionStart::Phase::kStarted; }
  // Nothing of it runs yet: we are no other user.
  bool becoming() const { return program_.becoming != nullptr && !program_.becoming->done(); }
  uint32_t index() const { return site_.host->index; }
  const Timeouts& limits() const { return context_->job->timeouts; }
  SshTransport& transport() const { return site_.session->transport(); }

  const Program program_;
  const ActionSite site_;
  ActionContext* const context_;
  OnEnd on_end_;
  std::unique_ptr<ExecChannel> channel_;   // null once this has ended
  std::unique_ptr<InputFeed> input_;       // null: no input
  std::unique_ptr<Timer> becoming_timer_;  // null: nothing is to be become, or that is over
  ChannelSetup setup_;
  bool open_ = false;                    // the channel, but may not be set up yet
  std::unique_ptr<TypedEnd> typed_end_;  // null: no terminal, or there is input to come

  ActionStart start_;
  bool ended_ = false;
  std::unique_ptr<Timer> command_timer_;  // null: no limit
  std::unique_ptr<Timer> idle_timer_;     // null: no limit
  std::unique_ptr<Timer> part_timer_;     // null: lines come whole
  absl::Duration last_output_;

  bool stopping_ = false;  // was asked for; begins once the request is answered
  bool ended_before_stop_ = false;
  HostOutcome stop_outcome_;
  std::unique_ptr<StopSequence> sequence_;  // from where it begins on
  bool parked_ = false;

  LineAssembler stdout_;
  LineAssembler stderr_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_REMOTE_COMMAND_H_
