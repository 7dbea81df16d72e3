// A std::mutex that clang's thread-safety analysis understands.
//
// absl::Mutex is not used: Debian's libabsl is not instrumented, so ThreadSanitizer reports races
// that are not there.
#ifndef SSH_ENGINE_BASE_MUTEX_H_
#define SSH_ENGINE_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "absl/base/thread_annotations.h"

namespace muster {

class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mutex_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mutex_.unlock(); }
  std::mutex& native() { return mutex_; }

 private:
  std::mutex mutex_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mutex) ABSL_EXCLUSIVE_LOCK_FUNCTION(mutex) : lock_(mutex->native()) {}
  ~MutexLock() ABSL_UNLOCK_FUNCTION() = default;
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

  // Waits on `condition` with the lock released meanwhile; may wake spuriously.
  void Wait(std::condition_variable* condition) { condition->wait(lock_); }
  void WaitUntil(std::condition_variable* condition, std::chrono::steady_clock::time_point end) {
    condition->wait_until(lock_, end);
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace muster

#endif  // SSH_ENGINE_BASE_MUTEX_H_
