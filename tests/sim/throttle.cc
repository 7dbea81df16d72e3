#include "tests/sim/throttle.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::sim {

absl::StatusOr<std::unique_ptr<Throttle>> Throttle::Parse(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  int start = 0;
  int rate = 0;
  int full = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &start) ||
      !absl::SimpleAtoi(parts[1], &rate) || !absl::SimpleAtoi(parts[2], &full) || start < 1 ||
      rate < 1 || rate > 100 || full < start) {
    return absl::InvalidArgumentError(
        absl::StrCat("throttle \"", text, "\": expected START:RATE:FULL, such as 10:30:100"));
  }
  return std::make_unique<Throttle>(start, rate, full);
}

// As should_drop_connection in OpenSSH's sshd.c.
int Throttle::DropPercent(int waiting) const {
  if (waiting < start_) return 0;
  if (waiting >= full_ || rate_ == 100) return 100;
  return rate_ + (100 - rate_) * (waiting - start_) / (full_ - start_);
}

bool Throttle::Enter(int dice) {
  const int waiting = waiting_++;
  if (dice >= DropPercent(waiting)) return true;
  --waiting_;
  return false;
}

}  // namespace muster::sim
