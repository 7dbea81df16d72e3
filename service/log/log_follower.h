// Reads a run's log from any event on: from the store, then from its tail in memory.
#ifndef SERVICE_LOG_LOG_FOLLOWER_H_
#define SERVICE_LOG_LOG_FOLLOWER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "service/log/run_log.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/helper_pool.h"

namespace muster::service {

// Where logs are read. Both must outlive the followers' reads.
struct LogSource {
  const RunStore* store = nullptr;
  HelperPool* helpers = nullptr;  // on whose threads the store is read
};

// One reader's place in one log. Crosses from the store to the tail without gap or duplicate, and
// back when it falls behind; holds one part of the log at most, and none while nobody asks. Belongs
// to its reader, who uses it from one thread at a time.
class LogFollower {
 public:
  // Of a part that is read from the store: it is the reader's own, while the tail is shared.
  static constexpr size_t kStoreBytes = 256 << 10;

  // `log` is null for a run that has ended and is in the store only. Begins after the event
  // `after`.
  LogFollower(LogSource source, std::string run_id, std::shared_ptr<RunLog> log, uint64_t after);

  // What follows, some `max_bytes` of it, at least one block; empty with `at_end` where nothing is
  // to come. None where there is nothing yet: `reader` is then told when to ask again. The store's
  // errors; NOT_FOUND also where the run has been forgotten meanwhile. Never blocks.
  absl::StatusOr<absl::optional<RunLog::Batch>> Read(size_t max_bytes,
                                                     const std::shared_ptr<LogReader>& reader);

  // As RunLog::NotifyAfter. False also while the log is read from the store.
  bool NotifyAfter(size_t bytes, const std::shared_ptr<LogReader>& reader);

  // Leaves out the events up to `sequence`, which must have been published.
  void SkipTo(uint64_t sequence);

  // Of the last event that was read.
  uint64_t sequence() const { return sequence_; }

 private:
  // A part that a helper reads.
  struct Fetch;

  absl::StatusOr<absl::optional<RunLog::Batch>> ReadStore(size_t max_bytes,
                                                          const std::shared_ptr<LogReader>& reader);
  void StartFetch(size_t max_bytes, std::shared_ptr<LogReader> reader);
  absl::StatusOr<RunLog::Batch> BatchOf(LogPart part);

  const LogSource source_;
  const std::string run_id_;
  const std::shared_ptr<RunLog> log_;
  uint64_t sequence_;
  std::shared_ptr<Fetch> fetch_;  // null: none
};

}  // namespace muster::service

#endif  // SERVICE_LOG_LOG_FOLLOWER_H_
