// How many handshakes one loop has in flight.
#ifndef SSH_ENGINE_HANDSHAKE_LIMIT_H_
#define SSH_ENGINE_HANDSHAKE_LIMIT_H_

namespace muster::engine {

// Begins low and grows by one with each handshake that went well, so that it doubles within a round
// of them. Shrinks by two with each that shows that there are too many. So a few hosts that always
// turn us away hold up nobody, and a server or a network that is too small for all of them is found
// out within a round. Loop-confined.
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
  // A lost SYN, or a server that turned us away.
  void OnCongestion();

 private:
  int limit_ = kFirst;
  int in_flight_ = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_HANDSHAKE_LIMIT_H_
