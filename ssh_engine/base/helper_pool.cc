#include "ssh_engine/base/helper_pool.h"

#include <pthread.h>
#include <sys/resource.h>

#include <utility>

namespace muster {

HelperPool::HelperPool(int threads, int niceness) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, niceness] { Work(niceness); });
    pthread_setname_np(threads_.back().native_handle(), "helper");
  }
}

HelperPool::~HelperPool() {
  std::deque<Task> dropped;
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
  dropped.clear();  // what they hold may be what another task waits for
  for (std::thread& thread : threads_) thread.join();
}

void HelperPool::Run(Task task) {
  {
    MutexLock lock(&mutex_);
    if (stopping_) return;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

// Tasks run, and are destroyed, with no lock held.
void HelperPool::Work(int niceness) {
  if (niceness > 0) setpriority(PRIO_PROCESS, 0, niceness);  // of this thread alone, on Linux
  for (;;) {
    Task task;
    {
      MutexLock lock(&mutex_);
      while (tasks_.empty() && !stopping_) lock.Wait(&wake_);
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_;
    }
    task();
    task = nullptr;
    MutexLock lock(&mutex_);
    if (--running_ == 0 && tasks_.empty()) idle_.notify_all();
  }
}

void HelperPool::Drain() {
  MutexLock lock(&mutex_);
  while (running_ > 0 || !tasks_.empty()) lock.Wait(&idle_);
}

}  // namespace muster
