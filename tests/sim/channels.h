// The channels of one connection (RFC 4254, 5).
#ifndef TESTS_SIM_CHANNELS_H_
#define TESTS_SIM_CHANNELS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tests/sim/channel.h"

namespace muster::sim {

// What a client may send before the server lets it send more.
constexpr uint32_t kInputWindow = 2 * 1024 * 1024;

// Owned by its connection. Loop-confined.
class Channels {
 public:
  explicit Channels(ChannelHost* host) : host_(host) {}

  // A message of the connection protocol; false where it makes no sense.
  bool OnMessage(uint8_t type, WireReader* fields);
  void Pump();
  bool empty() const { return channels_.empty(); }

 private:
  void Open(WireReader* fields);
  void Refuse(uint32_t peer_id, uint32_t reason);
  void Confirm(uint32_t id, uint32_t peer_id);
  void OnChannelMessage(uint8_t type, WireReader* fields, Channel* channel);
  Channel* Find(uint32_t id);
  void RemoveClosed();

  ChannelHost* const host_;
  uint32_t next_id_ = 0;
  bool had_channel_ = false;
  uint32_t last_peer_id_ = 0;
  std::vector<std::unique_ptr<Channel>> channels_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_CHANNELS_H_
