#include "service/retention.h"

#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"

namespace muster::service {
namespace {

// Also while the machine sleeps.
absl::Duration Monotonic() {
  timespec now = {};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return absl::DurationFromTimespec(now);
}

// How many of the oldest go at a time where bytes are wanted: who needs more calls again.
constexpr size_t kForBytes = 8;

// The runs that are over, the oldest first, some at a time: mostly the first one is to be kept.
class OldestRuns {
 public:
  explicit OldestRuns(const RunStore& store) : store_(store) {}
  // Null: there are no more, or they cannot be read.
  const OldRun* Next() {
    if (at_ == read_.size()) ReadOn();
    return at_ < read_.size() ? &read_[at_++] : nullptr;
  }

 private:
  static constexpr size_t kAtATime = 16;
  void ReadOn() {
    absl::StatusOr<std::vector<OldRun>> more =
        store_.Oldest(read_.empty() ? "" : read_.back().id, kAtATime);
    read_ = more.ok() ? *std::move(more) : std::vector<OldRun>();
    at_ = 0;
  }

  const RunStore& store_;
  std::vector<OldRun> read_;
  size_t at_ = 0;
};

}  // namespace

RetentionClock::RetentionClock() : started_(absl::Now()), started_monotonic_(Monotonic()) {}

absl::Time RetentionClock::Now() const {
  return std::min(absl::Now(), started_ + (Monotonic() - started_monotonic_));
}

void ForgetOldRuns(const RunStore& store, const RetentionLimits& limits, absl::Time now,
                   Journal* journal) {
  const absl::StatusOr<StoreUsage> usage = store.Usage();
  if (!usage.ok()) return;
  const size_t too_many =
      limits.runs > 0 && usage->runs > limits.runs ? usage->runs - limits.runs : 0;
  const bool too_big = (limits.bytes > 0 && usage->bytes > limits.bytes) ||
                       usage->free_disk_bytes < limits.min_free_bytes;
  size_t forgotten = 0;
  const auto goes = [&](const OldRun& run) {
    const bool old = limits.age > absl::ZeroDuration() && run.create_time + limits.age < now;
    return old || forgotten < too_many || (too_big && forgotten < kForBytes);
  };
  OldestRuns oldest(store);
  for (const OldRun* run = oldest.Next(); run != nullptr && goes(*run); run = oldest.Next()) {
    journal->Forget(run->id);
    ++forgotten;
  }
  if (forgotten > 0) spdlog::info("forgot {} old runs", forgotten);
}

}  // namespace muster::service
