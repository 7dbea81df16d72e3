// A session channel and the command that runs in it (RFC 4254, 5 and 6), the server's side.
#ifndef TESTS_SIM_CHANNEL_H_
#define TESTS_SIM_CHANNEL_H_

#include <cstdint>
#include <memory>

#include "ssh_engine/loop/event_loop.h"
#include "tests/sim/address.h"
#include "tests/sim/behaviour.h"
#include "tests/sim/command.h"
#include "tests/sim/messages.h"
#include "tests/sim/statistics.h"
#include "tests/sim/wire.h"

namespace muster::sim {

// What a channel needs of its connection, which outlives it.
class ChannelHost {
 public:
  virtual ~ChannelHost() = default;
  // Whether the conversation ends at this phase, by a rule: nothing more is sent then.
  virtual bool Ends(Phase phase) = 0;
  // Whether output should wait until the connection has room again.
  virtual bool Congested() = 0;
  // Resets the connection.
  virtual void Drop() = 0;
  // A timer of a command has fired: Pump is to be called for every channel.
  virtual void OnWake() = 0;
  virtual void OnCommandEnd() = 0;
  // How many commands the connection was asked for.
  virtual uint64_t* commands() = 0;

  virtual MessageSender* sender() = 0;
  virtual engine::EventLoop* loop() = 0;
  virtual const Behaviour& behaviour() const = 0;
  virtual Address address() const = 0;
  virtual Statistics* statistics() = 0;
};

// Owned by Channels. Loop-confined.
class Channel {
 public:
  // As the client's CHANNEL_OPEN says; `id` is ours.
  struct Numbers {
    uint32_t id;
    uint32_t peer_id;
    uint32_t window;
    uint32_t max_packet;
  };

  Channel(const Numbers& numbers, ChannelHost* host);

  void OnRequest(WireReader* fields);
  void OnWindowAdjust(uint32_t bytes);
  void OnData(size_t bytes);
  void OnClose();

  // Sends as much output as there is and may be sent, and the end when there is no more.
  void Pump();

  uint32_t id() const { return numbers_.id; }
  // Both sides have closed it.
  bool closed() const { return close_sent_ && close_received_; }

 private:
  void Exec(absl::string_view text, bool want_reply);
  void Answer(bool success, bool want_reply);
  void AnswerLater();
  void SendOutput(size_t limit);
  void SendFirstLine();
  void Finish();
  void SendFloods();
  void SendExitStatus(uint32_t code);
  void SendExitSignal(absl::string_view name);
  void SendPlain(uint8_t type);

  Numbers numbers_;  // the window: what we may send
  ChannelHost* const host_;
  std::unique_ptr<Command> command_;  // null: none yet, or it has ended
  bool had_command_ = false;
  bool had_adjust_ = false;
  std::unique_ptr<engine::Timer> answer_timer_;
  uint32_t unacknowledged_ = 0;  // bytes of input taken since the last WINDOW_ADJUST
  bool close_sent_ = false;
  bool close_received_ = false;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_CHANNEL_H_
