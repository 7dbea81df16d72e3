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

// Turns the journal when there is something to write: at once when somebody waits for it, but not
// more often than each few milliseconds, so that many are served by one commit; else somewhat
// later. What was written is durable within a second. Failed writes are tried again each second.
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
  void Pause(std::chrono::milliseconds pause);
  void Work();

  Mutex mutex_;
  std::condition_variable wake_;
  Clock::time_point due_ ABSL_GUARDED_BY(mutex_) = Clock::time_point::max();
  std::chrono::milliseconds pause_ ABSL_GUARDED_BY(mutex_){0};  // after last_turn_
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Clock::time_point last_turn_ ABSL_GUARDED_BY(mutex_) = Clock::time_point::min();
  Journal journal_;
  std::thread thread_;
};

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_THREAD_H_
