// What sshd's MaxStartups does.
#ifndef TESTS_SIM_THROTTLE_H_
#define TESTS_SIM_THROTTLE_H_

#include <atomic>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::sim {

// Counts the connections that have not logged in yet, and drops some before the banner: from
// `start` on `rate` percent of the new ones, rising linearly to all of them at `full`
// (sshd_config(5)). Shared by threads and by all addresses of a rule.
class Throttle {
 public:
  Throttle(int start, int rate, int full) : start_(start), rate_(rate), full_(full) {}

  // "START:RATE:FULL".
  static absl::StatusOr<std::unique_ptr<Throttle>> Parse(absl::string_view text);

  // Whether the new connection may stay, which then counts until Leave. `dice` is from 0 to 99.
  bool Enter(int dice);
  void Leave() { --waiting_; }

  // Percent of the new connections that are dropped while `waiting` others have not logged in.
  int DropPercent(int waiting) const;

 private:
  const int start_;
  const int rate_;
  const int full_;
  std::atomic<int> waiting_{0};
};

}  // namespace muster::sim

#endif  // TESTS_SIM_THROTTLE_H_
