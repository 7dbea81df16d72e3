// Whether anybody needs the daemon.
#ifndef SERVICE_RUNS_ACTIVITY_H_
#define SERVICE_RUNS_ACTIVITY_H_

#include <chrono>

#include "absl/time/time.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Counts what is under way: runs and streams. Thread-safe.
class Activity {
 public:
  // One that nobody sets.
  using Clock = std::chrono::steady_clock;

  explicit Activity(Clock::time_point now) : last_(now) {}

  void Begin(Clock::time_point now) {
    MutexLock lock(&mutex_);
    ++under_way_;
    last_ = now;
  }
  void End(Clock::time_point now) {
    MutexLock lock(&mutex_);
    --under_way_;
    last_ = now;
  }
  void Touch(Clock::time_point now) {
    MutexLock lock(&mutex_);
    last_ = now;
  }

  // How long nothing has been under way.
  absl::Duration IdleFor(Clock::time_point now) const {
    MutexLock lock(&mutex_);
    return under_way_ > 0 ? absl::ZeroDuration() : absl::FromChrono(now - last_);
  }

 private:
  mutable Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Clock::time_point last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_ACTIVITY_H_
