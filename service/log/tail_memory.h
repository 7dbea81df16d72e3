// How much memory the tails of all runs' logs take together.
#ifndef SERVICE_LOG_TAIL_MEMORY_H_
#define SERVICE_LOG_TAIL_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <vector>

#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Something that keeps bytes it can do without, the oldest first.
class Tail {
 public:
  virtual ~Tail() = default;
  virtual size_t tail_bytes() const = 0;
  // Drops the oldest until at most `bytes` are kept.
  virtual void ShrinkTo(size_t bytes) = 0;
};

// Counts what all tails keep; past the limit, whoever has most gives up its oldest. Thread-safe.
// Outlives its tails.
class TailMemory {
 public:
  explicit TailMemory(size_t max_bytes) : max_bytes_(max_bytes) {}

  void Enter(Tail* tail);
  // What it has must have been taken off before.
  void Leave(Tail* tail);
  void Add(size_t bytes) { bytes_ += bytes; }
  void Remove(size_t bytes) { bytes_ -= bytes; }
  // Brings the sum below the limit; cheap where it is. With no lock of a tail held.
  void Trim();

  size_t bytes() const { return bytes_; }

 private:
  Tail* Largest() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const size_t max_bytes_;
  std::atomic<size_t> bytes_{0};
  Mutex mutex_;  // taken before a tail's
  std::vector<Tail*> tails_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_LOG_TAIL_MEMORY_H_
