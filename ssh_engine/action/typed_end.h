// The end of input that a command reads from a terminal.
#ifndef SSH_ENGINE_ACTION_TYPED_END_H_
#define SSH_ENGINE_ACTION_TYPED_END_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/exec_channel.h"

namespace muster::engine {

// Closing the channel's input tells nobody at a terminal anything: OpenSSH's server keeps it open,
// and what reads waits for ever. There the end is typed: VEOF (^D; termios(3)), twice, since the
// first may only end a line. Each ends one read(2) only, and who asks for a password throws away
// what was typed before (TCSAFLUSH): so it is typed again after 1 s, 2 s, 4 s ... and then once a
// minute, as long as the command runs. Where nothing reads, the terminal keeps 4,095 of them, and
// drops the rest. Loop-confined.
class TypedEnd {
 public:
  // Begins to type. `loop` and `channel` outlive it. `on_typed`: something is to be sent; called
  // from a task of the loop.
  TypedEnd(EventLoop* loop, ExecChannel* channel, absl::AnyInvocable<void()> on_typed);
  TypedEnd(const TypedEnd&) = delete;
  TypedEnd& operator=(const TypedEnd&) = delete;

 private:
  void Type();

  ExecChannel* const channel_;
  absl::AnyInvocable<void()> on_typed_;
  std::unique_ptr<Timer> timer_;
  absl::Duration wait_ = absl::Seconds(1);
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_TYPED_END_H_
