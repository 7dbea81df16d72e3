#include "service/runs/retention.h"

#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/types/optional.h"

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

// How many more runs there are than `limit`.
size_t TooMany(const RunStore& store, size_t limit) {
  if (limit == 0) return 0;
  const absl::StatusOr<size_t> runs = store.CountRuns();
  return runs.ok() && *runs > limit ? *runs - limit : 0;
}

}  // namespace

RetentionClock::RetentionClock() : started_(absl::Now()), started_monotonic_(Monotonic()) {}

absl::Time RetentionClock::Now() const {
  return std::min(absl::Now(), started_ + (Monotonic() - started_monotonic_));
}

void ForgetOldRuns(const RunStore& store, const RetentionLimits& limits, absl::Time now,
                   Journal* journal) {
  const absl::StatusOr<StoreUsage> usage = store.Usage();
  if (!usage.ok()) return;
  const size_t too_many = TooMany(store, limits.runs);
  const bool too_big = (limits.bytes > 0 && usage->bytes > limits.bytes) ||
                       usage->free_disk_bytes < limits.min_free_bytes;
  size_t forgotten = 0;
  const auto goes = [&](const OldRun& run) {
    const bool old = limits.age > absl::ZeroDuration() && run.create_time + limits.age < now;
    return old || forgotten < too_many || (too_big && forgotten < kForBytes);
  };
  absl::StatusOr<absl::optional<OldRun>> run = store.OldestAfter(0);
  while (run.ok() && run->has_value() && goes(**run)) {
    journal->Forget((*run)->id);
    ++forgotten;
    run = store.OldestAfter((*run)->number);
  }
  if (forgotten > 0) spdlog::info("forgot {} old runs", forgotten);
}

}  // namespace muster::service
