// Reads a run's log from its end towards its beginning.
#ifndef SERVICE_LOG_LOG_REWIND_H_
#define SERVICE_LOG_LOG_REWIND_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "service/store/run_store.h"

namespace muster::service {

// One reader's place in one log, which moves backwards. Everything comes from the store: it has
// what the tail in memory has. The store reads forwards only, so a part is found by its sequences:
// as many events are asked for as fitted into the part before, or twice as many where there was
// room. A part costs one read of some kPartBytes; a second or third one where its events are bigger
// than those before, as they are read again from nearer to its end. What is further back is not
// looked at, so the newest part of a log costs the same however long the log is. Blocks; one thread
// at a time.
class LogRewind {
 public:
  static constexpr size_t kPartBytes = 256 << 10;

  // Begins with the event `last`, which must have been published. `store` must outlive it.
  LogRewind(const RunStore* store, std::string run_id, uint64_t last);

  // The events up to last(), in the order of the log (`repeated Event events = 1`), at least one;
  // empty at the log's beginning. The store's errors; with DATA_LOSS the event last() cannot be
  // read.
  absl::StatusOr<std::string> Read();

  // Of the newest event that has not been read yet. 0: all have.
  uint64_t last() const { return last_; }

 private:
  std::string Take(uint64_t after, LogPart part);

  const RunStore* const store_;
  const std::string run_id_;
  uint64_t last_;
  uint64_t events_ = 32;  // that the next part is to have
};

}  // namespace muster::service

#endif  // SERVICE_LOG_LOG_REWIND_H_
