// Sends a command its input.
#ifndef SSH_ENGINE_ACTION_INPUT_FEED_H_
#define SSH_ENGINE_ACTION_INPUT_FEED_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/input.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/exec_channel.h"

namespace muster::engine {

// As fast as the command reads, and some of it at a time, so that others have their turn. It holds
// no input while the command takes none. Loop-confined.
class InputFeed {
 public:
  // First `prologue`, then the input of `host` (Host::index); either may be null. `channel` and
  // `loop` must outlive it. `on_more`: there may be something to send now; it is to call Send. From
  // a task of the loop. `on_end`: all was sent, and the command is to read its end; within Send.
  InputFeed(std::shared_ptr<const std::string> prologue, std::shared_ptr<InputSource> source,
            uint32_t host, EventLoop* loop, ExecChannel* channel,
            absl::AnyInvocable<void()> on_more, absl::AnyInvocable<void()> on_end);
  InputFeed(const InputFeed&) = delete;
  InputFeed& operator=(const InputFeed&) = delete;

  // Sends what there is and what the channel has room for. Whenever the command has begun or
  // something has come from its server.
  void Send();
  // Why there is no more of it, though it has not ended; empty: that is not so.
  const std::string& problem() const { return piece_.problem; }

 private:
  // Whether to go on.
  bool SendOne();
  bool SendPrologue(size_t room);
  bool End();
  bool Fetch();
  void Take(InputPiece piece);

  std::shared_ptr<const std::string> prologue_;  // null: it is sent, or there is none
  size_t prologue_sent_ = 0;
  const std::shared_ptr<InputSource> source_;
  const uint32_t host_;
  EventLoop* const loop_;
  ExecChannel* const channel_;
  absl::AnyInvocable<void()> on_more_;
  absl::AnyInvocable<void()> on_end_;
  InputPiece piece_;       // what of it is not sent yet
  uint64_t position_ = 0;  // where it begins
  bool waiting_ = false;   // for the source, or for a turn
  bool ended_ = false;
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_INPUT_FEED_H_
