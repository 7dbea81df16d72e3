// Whether anybody needs the daemon.
#ifndef SERVICE_ACTIVITY_H_
#define SERVICE_ACTIVITY_H_

#include "absl/time/time.h"
#include "ssh_engine/mutex.h"

namespace muster::service {

// Counts what is under way: runs and streams. Thread-safe.
class Activity {
 public:
  explicit Activity(absl::Time now) : last_(now) {}

  void Begin(absl::Time now) {
    MutexLock lock(&mutex_);
    ++under_way_;
    last_ = now;
  }
  void End(absl::Time now) {
    MutexLock lock(&mutex_);
    --under_way_;
    last_ = now;
  }
  void Touch(absl::Time now) {
    MutexLock lock(&mutex_);
    last_ = now;
  }

  // How long nothing has been under way.
  absl::Duration IdleFor(absl::Time now) const {
    MutexLock lock(&mutex_);
    return under_way_ > 0 ? absl::ZeroDuration() : now - last_;
  }

 private:
  mutable Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time last_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::service

#endif  // SERVICE_ACTIVITY_H_
