// The tail of one run's log, in memory.
#ifndef SERVICE_LOG_RUN_LOG_H_
#define SERVICE_LOG_RUN_LOG_H_

#include <grpcpp/support/slice.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "service/log/tail_memory.h"
#include "ssh_engine/base/mutex.h"

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

// The newest part of a run's log, in memory, for any number of readers, each of which reads at its
// own pace: nothing is ever pushed, so a slow reader costs nothing. Holds only what the store has
// been given already; what is older than the tail is read from there. Blocks never change, so all
// readers share their bytes. The journal writes, from its thread; the rest is thread-safe.
class RunLog final : public Tail {
 public:
  // Events that follow each other, stamped.
  struct Block {
    uint64_t last_sequence;
    grpc::Slice bytes;
  };
  struct Batch {
    std::vector<grpc::Slice> slices;  // joined: `repeated Event events = 1`
    uint64_t last_sequence = 0;
    bool more = false;    // there is more to read already
    bool at_end = false;  // the log is closed and this batch is its last
    bool behind = false;  // empty: what follows has left the tail, and is in the store
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

  static constexpr size_t kTailBytes = 256 << 10;
  // What a block in the tail costs beyond its bytes.
  static constexpr size_t kBlockOverhead = 160;

  // `last_sequence`: of the events that the store has already. Without `memory` all is kept, at
  // the end too.
  RunLog(std::string run_id, TailMemory* memory, size_t tail_bytes = kTailBytes,
         uint64_t last_sequence = 0);
  ~RunLog() override;
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  const std::string& run_id() const { return run_id_; }

  explicit RunLog(std::string run_id) : RunLog(std::move(run_id), nullptr, SIZE_MAX) {}

  // The journal's thread: the sequence of the first of `events` more, which are to be published in
  // this order.
  uint64_t Number(size_t events) { return std::exchange(next_, next_ + events); }

  // The journal's thread: readers may see these from now on. With `last`, the log is closed, and
  // its tail is given up but for a little.
  [[nodiscard]] Wakeups Publish(std::vector<Block> blocks, bool last = false);

  // The journal's thread: the log's run could not be added, so that there is no log either. Once.
  void Lose(absl::Status why) { lost_ = std::move(why); }
  const absl::Status& lost() const { return lost_; }  // OK: it is not

  // The journal's thread: the run's end was queued, so nothing comes after it.
  void NoteEnd() { ending_ = true; }
  bool ending() const { return ending_; }

  // What follows after the event `after`: whole blocks up to some `max_bytes`, at least one. The
  // batch is empty where the log is closed and all of it was read, and where `after` is before the
  // tail. None where there is nothing yet: `reader` is then told once there is.
  absl::optional<Batch> Read(uint64_t after, size_t max_bytes,
                             const std::shared_ptr<LogReader>& reader);

  // Tells `reader` once at least `bytes` more have been appended or the log is closed, instead of
  // what it waited for before. False, and it is not told, where the log is closed already.
  bool NotifyAfter(size_t bytes, const std::shared_ptr<LogReader>& reader);

  // Of what was published.
  uint64_t last_sequence() const;

  size_t tail_bytes() const override { return kept_bytes_; }
  void ShrinkTo(size_t bytes) override;

 private:
  void WaitFor(size_t log_bytes, const std::shared_ptr<LogReader>& reader)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeReady(Wakeups* wakeups) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::deque<Block>::const_iterator FirstAfter(uint64_t sequence) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Gives the blocks that go, to be destroyed without the lock.
  std::vector<Block> DropTo(size_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string run_id_;
  TailMemory* const memory_;
  uint64_t next_;        // the journal's thread only
  absl::Status lost_;    // the same
  bool ending_ = false;  // the same

  mutable Mutex mutex_;
  size_t tail_limit_ ABSL_GUARDED_BY(mutex_);
  std::deque<Block> blocks_ ABSL_GUARDED_BY(mutex_);
  uint64_t before_tail_ ABSL_GUARDED_BY(mutex_);  // sequence
  uint64_t last_sequence_ ABSL_GUARDED_BY(mutex_);
  size_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;  // ever published
  std::atomic<size_t> kept_bytes_{0};         // changes with mutex_ held
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<LogReader>> waiting_ ABSL_GUARDED_BY(mutex_);
};

// Hands the string to gRPC without a copy, but where it has much slack: it is to be kept.
grpc::Slice SliceOf(std::string bytes);

}  // namespace muster::service

#endif  // SERVICE_LOG_RUN_LOG_H_
