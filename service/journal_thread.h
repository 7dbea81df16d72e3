// The store thread.
#ifndef SERVICE_JOURNAL_THREAD_H_
#define SERVICE_JOURNAL_THREAD_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <thread>

#include "service/journal.h"
#include "ssh_engine/mutex.h"

namespace muster::service {

// Turns the journal when there is something to write: at once when somebody waits for it, but under
// load not more often than each few milliseconds, so that many are served by one commit; else
// somewhat later. What was written is durable within a second. Failed writes are tried again each second.
class JournalThread {
 public:
  JournalThread(RunStore* store, TailMemory* tails, JournalHooks hooks,
                const JournalMarks& marks = {});
  // Writes and syncs what is queued, once. Nobody may queue any more.
  ~JournalThread();
  JournalThread(const JournalThread&) = delete;
  JournalThread& operator=(const JournalThread&) = delete;

  Journal* journal() { return &journal_; }

 private:
  using Clock = std::chrono::steady_clock;

  JournalHooks WithWake(JournalHooks hooks);
  // At `at` at the latest, there is to be a turn. Any thread.
  void Wake(Clock::time_point at);
  // Until a turn is due. False: the end.
  bool WaitForTurn();
  void NotBefore(Clock::time_point earliest);
  // After a turn that took the processor for `spent`: from its beginning to that of the next.
  std::chrono::nanoseconds PauseAfter(std::chrono::nanoseconds spent);
  void Work();

  Mutex mutex_;
  std::condition_variable wake_;
  Clock::time_point due_ ABSL_GUARDED_BY(mutex_) = Clock::time_point::max();
  Clock::time_point earliest_ ABSL_GUARDED_BY(mutex_) = Clock::time_point::min();  // of a turn
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  // Of the thread: the processor's time that turns may take without a pause, as of then. Less than
  // none: a debt.
  std::chrono::nanoseconds allowance_{0};
  Clock::time_point allowance_at_ = Clock::now();

  Journal journal_;
  std::thread thread_;
};

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_THREAD_H_
