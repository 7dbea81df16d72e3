#include "service/journal_thread.h"

#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <utility>

namespace muster::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Each commit costs the processor as much as a few sessions: where many want one after the other, it
// is worth a wait. The turns may take this share of a core, after some that are free.
constexpr int kShareOfCore = 4;  // a quarter
constexpr nanoseconds kMostAllowance = milliseconds(1);
constexpr nanoseconds kLongestPause = milliseconds(3);  // from one turn's beginning to the next
// Output that nobody's start waits for; watchers are written to each forty milliseconds anyhow.
constexpr milliseconds kPutOff(10);
constexpr milliseconds kSyncInterval(900);
constexpr milliseconds kRetryInterval(1000);

// What the processor has spent on the calling thread.
nanoseconds ThreadTime() {
  timespec spent = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return seconds(spent.tv_sec) + nanoseconds(spent.tv_nsec);
}

}  // namespace

JournalThread::JournalThread(RunStore* store, TailMemory* tails, JournalHooks hooks,
                             const JournalMarks& marks)
    : journal_(store, tails, WithWake(std::move(hooks)), marks), thread_([this] { Work(); }) {}

JournalThread::~JournalThread() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

JournalHooks JournalThread::WithWake(JournalHooks hooks) {
  hooks.wake = [this](bool urgent) {
    Wake(urgent ? Clock::time_point::min() : Clock::now() + kPutOff);
  };
  return hooks;
}

void JournalThread::Wake(Clock::time_point at) {
  {
    MutexLock lock(&mutex_);
    const Clock::time_point due = std::max(at, earliest_);
    if (due >= due_) return;
    due_ = due;
  }
  wake_.notify_one();
}

bool JournalThread::WaitForTurn() {
  MutexLock lock(&mutex_);
  while (!stopping_ && Clock::now() < due_) {
    if (due_ == Clock::time_point::max()) {
      lock.Wait(&wake_);
    } else {
      lock.WaitUntil(&wake_, due_);
    }
  }
  due_ = Clock::time_point::max();
  return !stopping_;
}

// A turn that was asked for while the last one failed comes no sooner, either.
void JournalThread::NotBefore(Clock::time_point earliest) {
  MutexLock lock(&mutex_);
  earliest_ = earliest;
  if (due_ != Clock::time_point::max()) due_ = std::max(due_, earliest_);
}

nanoseconds JournalThread::PauseAfter(nanoseconds spent) {
  const Clock::time_point now = Clock::now();
  allowance_ = std::min(kMostAllowance, allowance_ + (now - allowance_at_) / kShareOfCore) - spent;
  allowance_ = std::max<nanoseconds>(allowance_, -kLongestPause / kShareOfCore);
  allowance_at_ = now;
  return std::max(nanoseconds(0), -allowance_ * kShareOfCore);
}

void JournalThread::Work() {
  pthread_setname_np(pthread_self(), "journal");
  Clock::time_point synced = Clock::now();
  while (WaitForTurn()) {
    const bool clean = !journal_.unsynced();
    const Clock::time_point begin = Clock::now();
    const nanoseconds before = ThreadTime();
    const absl::Status turned = journal_.Turn();
    const nanoseconds pause = PauseAfter(ThreadTime() - before);
    const Clock::time_point now = Clock::now();
    NotBefore(turned.ok() ? begin + pause : now + kRetryInterval);
    if (clean) synced = now;  // what there is to sync is not older
    if (now >= synced + kSyncInterval && journal_.Sync().ok()) synced = now;
    if (turned.ok() && journal_.stalled()) {
      Wake(now);  // there was much
    } else if (!turned.ok()) {
      Wake(now + kRetryInterval);
    } else if (journal_.unsynced()) {
      Wake(synced + kSyncInterval > now ? synced + kSyncInterval : now + kRetryInterval);
    }
  }
  while (journal_.Turn().ok() && journal_.stalled()) {
  }
  (void)journal_.Sync();
}

}  // namespace muster::service
