#include "ssh_engine/pool/handshake_limit.h"

#include <algorithm>
#include <cmath>

namespace muster::engine {
namespace {

constexpr double kShareOfNewest = 1.0 / 8;  // in what is typical
constexpr int kPatience = 8;                // times what is typical

}  // namespace

bool HandshakeLimit::HasRoom(bool hurry) const {
  if (in_flight_ >= limit_) return false;
  return !hurry || kPaceInHurry * (in_flight_ - kLeast) < typical();
}

absl::Duration HandshakeLimit::typical() const {
  return log_seconds_ ? absl::Seconds(std::exp(*log_seconds_)) : kMostPatience;
}

absl::Duration HandshakeLimit::patience() const {
  return std::clamp(kPatience * typical(), kLeastPatience, kMostPatience);
}

void HandshakeLimit::OnSuccess(absl::Duration took, bool prompt) {
  const double log_seconds = std::log(std::max(1e-6, absl::ToDoubleSeconds(took)));
  const double before = log_seconds_.value_or(log_seconds);
  log_seconds_ = before + (log_seconds - before) * kShareOfNewest;
  // A limit that was not reached says nothing about a higher one.
  if (prompt && in_flight_ * 2 >= limit_) limit_ = std::min(limit_ + 1, kMost);
}

void HandshakeLimit::OnCongestion() { limit_ = std::max(limit_ - 2, kLeast); }

}  // namespace muster::engine
