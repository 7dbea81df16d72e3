// Messages that belong to no output, without an end.
#ifndef TESTS_SIM_FLOOD_H_
#define TESTS_SIM_FLOOD_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "tests/sim/messages.h"

namespace muster::sim {

enum class Flood {
  kNone,
  kRequests,   // channel requests that want an answer
  kOpens,      // of channels, toward the client
  kGlobals,    // global requests that want an answer
  kIgnores,    // SSH_MSG_IGNORE with 1 KiB each
  kUnknown,    // data of a channel that does not exist
  kEmptyData,  // data messages without data
};

// "requests", "opens", "globals", "ignores", "unknown", "empty-data".
absl::optional<Flood> ParseFlood(absl::string_view name);

// One message; `channel` is the client's number of one that is, or was, open.
void SendFlood(Flood flood, uint32_t channel, MessageSender* sender);

}  // namespace muster::sim

#endif  // TESTS_SIM_FLOOD_H_
