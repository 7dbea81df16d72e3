#include "service/journal/journal_thread.h"

#include <pthread.h>
#include <time.h>

#include <utility>

namespace muster::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr milliseconds kSyncInterval(900);

// What the processor has spent on the calling thread.
nanoseconds ThreadTime() {
  timespec spent = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return seconds(spent.tv_sec) + nanoseconds(spent.tv_nsec);
}

}  // namespace

JournalThread::JournalThread(RunStore* store, TailMemory* tails, JournalHooks hooks,
                             const JournalMarks& marks)
    : pace_(Clock::now()),
      synced_(Clock::now()),
      journal_(store, tails, WithWake(std::move(hooks)), marks),
      thread_([this] { Work(); }) {}

JournalThread::~JournalThread() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

JournalHooks JournalThread::WithWake(JournalHooks hooks) {
  hooks.wake = [this](absl::Duration patience) { Wake(patience); };
  return hooks;
}

void JournalThread::Wake(absl::Duration patience) {
  const Clock::time_point now = Clock::now();
  {
    MutexLock lock(&mutex_);
    const bool sooner = patience == absl::InfiniteDuration()
                            ? pace_.Ask(now)
                            : pace_.AskAt(now + absl::ToChronoNanoseconds(patience));
    if (!sooner) return;
  }
  wake_.notify_one();
}

bool JournalThread::WaitForTurn() {
  MutexLock lock(&mutex_);
  while (!stopping_ && Clock::now() < pace_.due()) {
    if (pace_.due() == Clock::time_point::max()) {
      lock.Wait(&wake_);
    } else {
      lock.WaitUntil(&wake_, pace_.due());
    }
  }
  pace_.Begin(Clock::now());
  return !stopping_;
}

bool JournalThread::Turn() {
  const nanoseconds before = ThreadTime();
  const bool well = journal_.Turn().ok();
  const nanoseconds spent = ThreadTime() - before;
  MutexLock lock(&mutex_);
  if (well) {
    pace_.End(Clock::now(), spent);
  } else {
    pace_.Fail(Clock::now());
  }
  return well;
}

// What the turn has left, and what is to be synced.
void JournalThread::AskForMore() {
  const Clock::time_point now = Clock::now();
  MutexLock lock(&mutex_);
  if (journal_.held()) pace_.AskAt(now + JournalPace::kRetry);
  if (journal_.stalled()) {
    pace_.AskAt(now);
  } else if (journal_.unsynced()) {
    const Clock::time_point next = synced_ + kSyncInterval;
    pace_.AskAt(next > now ? next : now + JournalPace::kRetry);
  }
}

void JournalThread::Work() {
  pthread_setname_np(pthread_self(), "journal");
  while (WaitForTurn()) {
    const bool clean = !journal_.unsynced();
    const bool well = Turn();
    const Clock::time_point now = Clock::now();
    if (clean) synced_ = now;
    if (now >= synced_ + kSyncInterval && journal_.Sync().ok()) synced_ = now;
    if (well) AskForMore();
  }
  while (journal_.Turn().ok() && journal_.stalled()) {
  }
  (void)journal_.Sync();
}

}  // namespace muster::service
