// Time that passes only from one call to the next.
#ifndef TESTS_SERVICE_SIMULATION_SIMULATED_TIME_H_
#define TESTS_SERVICE_SIMULATION_SIMULATED_TIME_H_

#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "absl/time/time.h"

namespace muster::service {

// Not thread-safe.
class SimulatedTime {
 public:
  absl::Time now() const { return now_; }

  void After(absl::Duration wait, std::function<void()> call) {
    calls_.emplace(std::make_pair(now_ + wait, ++number_), std::move(call));
  }

  // Makes the next call. False: there is none.
  bool Step() {
    if (calls_.empty()) return false;
    auto next = calls_.extract(calls_.begin());
    now_ = next.key().first;
    next.mapped()();
    return true;
  }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  uint64_t number_ = 0;  // of a call: those of one time come in their order
  std::map<std::pair<absl::Time, uint64_t>, std::function<void()>> calls_;
};

// Chance of one's own, so that what happens elsewhere first does not matter: the order of a hash
// table is another one in each process.
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(seed) {}
  Chance(uint64_t seed, uint64_t what) : state_(Mix(seed) ^ Mix(~what)) {}

  uint64_t Next() { return Mix(state_ += 0x9e3779b97f4a7c15); }
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(Next() % n); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }
  // Each order of magnitude is as likely as another one.
  absl::Duration Between(absl::Duration least, absl::Duration most) {
    const double share = static_cast<double>(Next() >> 11) / static_cast<double>(1ULL << 53);
    return least * std::pow(absl::FDivDuration(most, least), share);
  }

 private:
  // SplitMix64.
  static uint64_t Mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t state_;
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_SIMULATION_SIMULATED_TIME_H_
