// The store thread.
#ifndef SERVICE_JOURNAL_JOURNAL_THREAD_H_
#define SERVICE_JOURNAL_JOURNAL_THREAD_H_

#include <condition_variable>
#include <thread>

#include "service/journal/journal.h"
#include "service/journal/journal_pace.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Turns the journal when there is something to write, as JournalPace says. What was written is
// durable within a second. Failed writes are tried again each second.
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
  using Clock = JournalPace::Clock;

  JournalHooks WithWake(JournalHooks hooks);
  void Wake(absl::Duration patience);
  // Until a turn is due. False: the end.
  bool WaitForTurn();
  // True: all is well.
  bool Turn();
  void AskForMore();
  void Work();

  Mutex mutex_;
  std::condition_variable wake_;
  JournalPace pace_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;

  Clock::time_point synced_;  // of the thread: what there is to sync is not older

  Journal journal_;
  std::thread thread_;
};

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_JOURNAL_THREAD_H_
