// How many handshakes one loop has in flight.
#ifndef SSH_ENGINE_HANDSHAKE_LIMIT_H_
#define SSH_ENGINE_HANDSHAKE_LIMIT_H_

#include "absl/time/time.h"

namespace muster::engine {

// Begins low and grows by one with each handshake that went well, so that it doubles within a round
// of them; is halved when the network or a server shows that it is too much, as TCP does it with
// its window (RFC 5681). Loop-confined.
class HandshakeLimit {
 public:
  static constexpr int kLeast = 8;
  static constexpr int kFirst = 64;  // sshd's listen backlog is 128
  static constexpr int kMost = 2048;

  bool HasRoom() const { return in_flight_ < limit_; }
  int in_flight() const { return in_flight_; }
  int limit() const { return limit_; }

  void Begin() { ++in_flight_; }
  void End() { --in_flight_; }
  // Where `prompt`, the server answered at once and this loop has time: more would do no harm.
  void OnSuccess(bool prompt);
  // A lost SYN, or a server that turned us away. Those of one second count once: they tell of the
  // same crowd.
  void OnCongestion(absl::Duration now);

 private:
  int limit_ = kFirst;
  int in_flight_ = 0;
  absl::Duration calm_until_ = -absl::InfiniteDuration();
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HANDSHAKE_LIMIT_H_
