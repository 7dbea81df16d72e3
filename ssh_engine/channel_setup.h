// What a command's channel is given before the command is requested.
#ifndef SSH_ENGINE_CHANNEL_SETUP_H_
#define SSH_ENGINE_CHANNEL_SETUP_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "absl/types/optional.h"

namespace muster::engine {

// In characters. A value.
struct TerminalSize {
  uint32_t columns = 80;
  uint32_t rows = 24;

  friend bool operator==(const TerminalSize& a, const TerminalSize& b) {
    return a.columns == b.columns && a.rows == b.rows;
  }
};

// A terminal (RFC 4254, 6.2), with the modes that the server gives it. A value.
struct Terminal {
  std::string type = "xterm";  // TERM on the host
  TerminalSize size;

  friend bool operator==(const Terminal& a, const Terminal& b) {
    return a.type == b.type && a.size == b.size;
  }
};

// Each request costs a round trip: libssh sends none before the one before is answered. A value.
struct ChannelSetup {
  absl::optional<Terminal> terminal;               // unset: none
  std::map<std::string, std::string> environment;  // RFC 4254, 6.4; servers refuse most names

  bool empty() const { return !terminal.has_value() && environment.empty(); }
  friend bool operator==(const ChannelSetup& a, const ChannelSetup& b) {
    return a.terminal == b.terminal && a.environment == b.environment;
  }
};

// Hosts whose server refused a variable that it was asked for. Counted by a run's loops;
// thread-safe.
using RefusedEnvironment = std::atomic<uint32_t>;

}  // namespace muster::engine

#endif  // SSH_ENGINE_CHANNEL_SETUP_H_
