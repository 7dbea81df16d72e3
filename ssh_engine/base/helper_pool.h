// A few threads for what can block.
#ifndef SSH_ENGINE_BASE_HELPER_POOL_H_
#define SSH_ENGINE_BASE_HELPER_POOL_H_

#include <condition_variable>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/base/mutex.h"

namespace muster {

// Runs tasks on a fixed number of threads, first come first served. For what may block and must not
// do so on a loop or a gRPC thread: files, decrypting a key, an agent. Thread-safe.
class HelperPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // `niceness` of its threads: setpriority(2).
  explicit HelperPool(int threads, int niceness = 0);
  // Waits for the tasks that are running; those still queued are destroyed without being run.
  ~HelperPool();
  HelperPool(const HelperPool&) = delete;
  HelperPool& operator=(const HelperPool&) = delete;

  void Run(Task task);
  // Waits until nothing is queued and nothing runs. Not from a task.
  void Drain();

 private:
  void Work(int niceness);

  Mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::condition_variable idle_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace muster

#endif  // SSH_ENGINE_BASE_HELPER_POOL_H_
