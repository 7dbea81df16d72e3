// What a peer says, as it may stand in a message.
#ifndef SSH_ENGINE_BASE_PEER_TEXT_H_
#define SSH_ENGINE_BASE_PEER_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

// Valid UTF-8 in one line: what a terminal obeys or turns around (control characters, C1 and
// bidirectional ones included) and what is no UTF-8 is escaped as in C. What is longer than `most`
// bytes is cut, and "..." says so.
std::string PeerText(absl::string_view bytes, size_t most = 1024);

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_PEER_TEXT_H_
