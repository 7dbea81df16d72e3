// Lets so many bytes through in each interval.
#ifndef TESTS_SIM_PACER_H_
#define TESTS_SIM_PACER_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

namespace muster::sim {

// By the time since its start, so that late timers cost no rate.
class Pacer {
 public:
  // `bytes` at `start`, and as many every `interval` after it.
  Pacer(absl::Duration start, uint64_t bytes, absl::Duration interval)
      : start_(start), bytes_(bytes), interval_(std::max(interval, absl::Nanoseconds(1))) {}

  static Pacer Rate(absl::Duration start, uint64_t bytes_per_second) {
    constexpr uint64_t kIntervalsPerSecond = 100;
    const uint64_t bytes = std::max<uint64_t>(1, bytes_per_second / kIntervalsPerSecond);
    return Pacer(start, bytes, absl::Seconds(1) * bytes / bytes_per_second);
  }

  uint64_t Allowed(absl::Duration now) const { return Intervals(now) * bytes_ - spent_; }
  void Spend(uint64_t bytes) { spent_ += bytes; }
  // Until there is more.
  absl::Duration Wait(absl::Duration now) const {
    return start_ + interval_ * Intervals(now) - now;
  }

 private:
  // That have begun.
  int64_t Intervals(absl::Duration now) const { return (now - start_) / interval_ + 1; }

  const absl::Duration start_;
  const uint64_t bytes_;
  const absl::Duration interval_;
  uint64_t spent_ = 0;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_PACER_H_
