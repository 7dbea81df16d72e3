// The log of one run, in memory.
#ifndef SERVICE_RUN_LOG_H_
#define SERVICE_RUN_LOG_H_

#include <grpcpp/support/slice.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/event_block.h"
#include "ssh_engine/mutex.h"

namespace muster::service {

// Somebody who reads a log as it grows.
class LogReader {
 public:
  virtual ~LogReader() = default;
  // There is more to read. Called once for each time that Read had nothing, and for each NotifyAt,
  // from whichever thread appends, with no lock held. Must not block.
  virtual void OnLogGrown() = 0;

 private:
  friend class RunLog;
  // Guarded by the log's mutex; a reader reads one log.
  bool waiting_ = false;
  size_t wanted_bytes_ = 0;  // that the log must have, unless it is closed
};

// Gives events their sequence numbers and keeps their encoded blocks for any number of readers,
// each of which reads at its own pace: nothing is ever pushed, so a slow reader costs nothing.
// Blocks are appended whole and never change, so all readers share their bytes. Thread-safe.
class RunLog {
 public:
  struct Batch {
    std::vector<grpc::Slice> slices;  // joined: `repeated Event events = 1`
    uint64_t last_sequence = 0;
    bool more = false;    // there is more to read already
    bool at_end = false;  // the log is closed and this batch is its last
  };

  // Tells the readers that were waiting, when it is destroyed: outside of the caller's own locks.
  class Wakeups {
   public:
    Wakeups() = default;
    ~Wakeups() { Wake(); }
    Wakeups(Wakeups&& other) noexcept : readers_(std::exchange(other.readers_, {})) {}
    Wakeups& operator=(Wakeups&& other) noexcept {
      Wake();
      readers_ = std::exchange(other.readers_, {});
      return *this;
    }

   private:
    friend class RunLog;
    void Wake() {
      for (const std::shared_ptr<LogReader>& reader : readers_) reader->OnLogGrown();
      readers_.clear();
    }
    std::vector<std::shared_ptr<LogReader>> readers_;
  };

  // Stamps the block's events with the next sequences and `time`. With `last`, the log is closed:
  // nothing may be appended any more.
  [[nodiscard]] Wakeups Append(EventBlock block, absl::Time time, bool last = false);

  // What follows after the event `after`: whole blocks up to some `max_bytes`, at least one. The
  // batch is empty where the log is closed and all of it was read. None where there is nothing yet:
  // `reader` is then told once there is.
  absl::optional<Batch> Read(uint64_t after, size_t max_bytes,
                             const std::shared_ptr<LogReader>& reader);

  // Tells `reader` once at least `bytes` more have been appended or the log is closed, instead of
  // what it waited for before. False, and it is not told, where the log is closed already.
  bool NotifyAfter(size_t bytes, const std::shared_ptr<LogReader>& reader);

  uint64_t last_sequence() const;
  // Of all blocks.
  size_t bytes() const;

 private:
  struct Block {
    uint64_t last_sequence;
    grpc::Slice bytes;
  };

  void WaitFor(size_t log_bytes, const std::shared_ptr<LogReader>& reader)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeReady(Wakeups* wakeups) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::deque<Block>::const_iterator FirstAfter(uint64_t sequence) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable Mutex mutex_;
  std::deque<Block> blocks_ ABSL_GUARDED_BY(mutex_);
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<LogReader>> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_RUN_LOG_H_
