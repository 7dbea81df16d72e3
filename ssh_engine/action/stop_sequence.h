// Ends what runs on a channel.
#ifndef SSH_ENGINE_ACTION_STOP_SEQUENCE_H_
#define SSH_ENGINE_ACTION_STOP_SEQUENCE_H_

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "ssh_engine/action/becoming.h"
#include "ssh_engine/action/stop_line.h"
#include "ssh_engine/job.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/exec_channel.h"
#include "ssh_engine/transport/session.h"

namespace muster::engine {

// Sends a line over a second channel that ends the command's processes and tells what is left;
// where nobody hears it, signal requests: TERM, then KILL. Then reads on for what output there
// still is, until the server closes the command's channel or none comes any more. Once for each
// command; loop-confined; owned by the action that runs it.
class StopSequence {
 public:
  // The action.
  class Subject {
   public:
    virtual ~Subject() = default;
    virtual ExecChannel& command() = 0;
    // Its output is not read at the moment, as the reading gate says.
    virtual bool NothingIsRead() const = 0;
    // Nor does it wait for its descriptor.
    virtual bool parked() const = 0;
    // When output last came, or was read again; on the loop's clock.
    virtual absl::Duration last_output() const = 0;
    // Pumps the connection and calls TakeIn and Follow, as it does when something has come.
    virtual void Advance() = 0;
    // All that can be done is done. `cut_short`: the command's channel is still open, as far as the
    // server has said. Must not destroy the sequence, but may Drop it.
    virtual void OnStopped(bool cut_short) = 0;
  };

  // All of these outlive this.
  StopSequence(EventLoop* loop, const Job& job, Session* session, Subject* subject);
  StopSequence(const StopSequence&) = delete;
  StopSequence& operator=(const StopSequence&) = delete;

  // Once the server has answered the request to run the command. The caller advances then.
  void Begin();
  // In place of Begin where the command has ended by itself: nothing is sent.
  void ReadOn();
  // After what has come was taken in by the transport: the second channel's next steps.
  void TakeIn();
  // After that: decides by what the line has said, and whether the channel is closed, how to go on.
  void Follow();
  // Closes the second channel; nothing is done any more, but what is known can be asked.
  void Drop();

  // No process is left that the command is known to have started.
  bool all_ended() const { return Report().all_ended(); }
  // Sentences for the user, each after a blank; empty: there is nothing to tell.
  std::string WhatIsLeft() const;

 private:
  enum class Phase {
    kNotBegun,
    kLineSent,  // it ends the command, from TERM to its report
    kTermSent,  // by signal requests, since no line was heard
    kKillSent,
    kReadingOn,  // nothing more is done: what output there still is
  };
  // Of the second channel.
  enum class Line { kUnused, kAtWork, kEnded };

  void SendLine(absl::Duration grace);
  void TakeLineOutput(OutputStream stream, absl::string_view bytes);
  SshStep AdvanceLine();
  // Sends a signal request, and waits that long for what comes of it.
  void SendSignal(Phase phase, const std::string& name, absl::Duration wait);
  void HearLine();
  void OnTimer();
  void OnQuiet();
  StopReport Report() const { return ReadStopReport(output_); }
  std::string WhyNoLine() const;

  EventLoop* const loop_;
  const StopRules& rules_;
  const std::shared_ptr<const Become>& become_;  // the line ends what runs as another user
  Session* const session_;
  Subject* const subject_;
  std::unique_ptr<Timer> timer_;

  Phase phase_ = Phase::kNotBegun;
  absl::Duration quiet_since_;
  absl::Duration read_on_until_;

  Line line_ = Line::kUnused;
  std::string text_;                      // of the line
  std::unique_ptr<Becoming> becoming_;    // null: the line runs as who is logged in
  std::unique_ptr<ExecChannel> channel_;  // its; null before and after
  bool open_ = false;
  bool requested_ = false;
  bool heard_ = false;
  std::string output_;  // how it begins: 1 KiB
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_STOP_SEQUENCE_H_
