// How many handshakes one loop has in flight.
#ifndef SSH_ENGINE_POOL_HANDSHAKE_LIMIT_H_
#define SSH_ENGINE_POOL_HANDSHAKE_LIMIT_H_

#include "absl/time/time.h"
#include "absl/types/optional.h"

namespace muster::engine {

// Begins low and grows by one with each handshake that went well, so that it doubles within a round
// of them. Shrinks by two with each that shows that there are too many. So a few hosts that always
// turn us away hold up nobody, and a server or a network that is too small for all of them is found
// out within a round. While others hurry, fewer are to begin. Loop-confined.
class HandshakeLimit {
 public:
  static constexpr int kLeast = 8;
  static constexpr int kFirst = 64;  // sshd's listen backlog is 128
  static constexpr int kMost = 2048;
  // While others hurry: kLeast, and one for each time that a handshake takes so long. So hosts that
  // are far away or slow are reached all the same, at this rate; and where handshakes take long
  // because there are many, and the processor is short, there are few in the end.
  static constexpr absl::Duration kPaceInHurry = absl::Milliseconds(4);
  // Who takes longer waits for the other side, not for this one.
  static constexpr absl::Duration kLeastPatience = absl::Milliseconds(20);
  static constexpr absl::Duration kMostPatience = absl::Seconds(1);

  // `hurry`: somebody waits for a session that is open already.
  bool HasRoom(bool hurry) const;
  int in_flight() const { return in_flight_; }
  int limit() const { return limit_; }
  // How long a handshake is to count as in flight: several times as long as they take of late. So a
  // crowd of silent hosts holds up nobody for longer than this.
  absl::Duration patience() const;

  void Begin() { ++in_flight_; }
  void End() { --in_flight_; }
  // Where `prompt`, the server answered at once and this loop has time: more would do no harm.
  void OnSuccess(absl::Duration took, bool prompt);
  // A lost SYN, or a server that turned us away.
  void OnCongestion();

 private:
  absl::Duration typical() const;

  int limit_ = kFirst;
  int in_flight_ = 0;
  // How long they take of late. A mean of logarithms: one that is far off counts little.
  absl::optional<double> log_seconds_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_POOL_HANDSHAKE_LIMIT_H_
