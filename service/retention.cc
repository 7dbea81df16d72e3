#include "service/retention.h"

#include <spdlog/spdlog.h>
#include <time.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "service/proto_time.h"
#include "service/run_records.h"

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

}  // namespace

RetentionClock::RetentionClock() : started_(absl::Now()), started_monotonic_(Monotonic()) {}

absl::Time RetentionClock::Now() const {
  return std::min(absl::Now(), started_ + (Monotonic() - started_monotonic_));
}

void ForgetOldRuns(const RunStore& store, const RetentionLimits& limits, absl::Time now,
                   Journal* journal) {
  const absl::StatusOr<StoreUsage> usage = store.Usage();
  const absl::StatusOr<std::vector<v1::Run>> runs = store.List(RunQuery());
  if (!usage.ok() || !runs.ok()) return;
  const size_t too_many =
      limits.runs > 0 && runs->size() > limits.runs ? runs->size() - limits.runs : 0;
  const bool too_big = (limits.bytes > 0 && usage->bytes > limits.bytes) ||
                       usage->free_disk_bytes < limits.min_free_bytes;
  size_t forgotten = 0;
  for (auto run = runs->rbegin(); run != runs->rend(); ++run) {
    const bool old =
        limits.age > absl::ZeroDuration() && TimeOf(run->create_time()) + limits.age < now;
    const bool goes = old || forgotten < too_many || (too_big && forgotten < kForBytes);
    if (!goes) break;
    if (!IsTerminal(run->state())) continue;
    journal->Forget(run->id());
    ++forgotten;
  }
  if (forgotten > 0) spdlog::info("forgot {} old runs", forgotten);
}

}  // namespace muster::service
