#include "ssh_engine/handshake_limit.h"

#include <algorithm>

namespace muster::engine {

void HandshakeLimit::OnSuccess(bool prompt) {
  // A limit that was not reached says nothing about a higher one.
  if (prompt && in_flight_ * 2 >= limit_) limit_ = std::min(limit_ + 1, kMost);
}

void HandshakeLimit::OnCongestion() { limit_ = std::max(limit_ - 2, kLeast); }

}  // namespace muster::engine
