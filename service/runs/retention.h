// Which runs are forgotten.
#ifndef SERVICE_RUNS_RETENTION_H_
#define SERVICE_RUNS_RETENTION_H_

#include <cstddef>
#include <cstdint>

#include "absl/time/time.h"
#include "service/journal/journal.h"
#include "service/store/run_store.h"

namespace muster::service {

// Zero: no limit. Of runs that are over.
struct RetentionLimits {
  absl::Duration age;  // since they were made
  size_t runs = 0;
  uint64_t bytes = 0;           // of all that the store keeps, of runs under way too
  uint64_t min_free_bytes = 0;  // on the disk
};

// Tells the age of runs. Runs no faster than time passes: a clock that is set ahead by mistake, for
// a moment, makes no run old. Thread-safe.
class RetentionClock {
 public:
  RetentionClock();
  // The wall clock's, but at most that of the beginning and what has passed since.
  absl::Time Now() const;

 private:
  const absl::Time started_;
  const absl::Duration started_monotonic_;
};

// Has the journal forget the oldest runs that are over, as the limits say. Blocks on the store;
// called from one thread at a time.
void ForgetOldRuns(const RunStore& store, const RetentionLimits& limits, absl::Time now,
                   Journal* journal);

}  // namespace muster::service

#endif  // SERVICE_RUNS_RETENTION_H_
