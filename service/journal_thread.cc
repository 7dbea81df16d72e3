#include "service/journal_thread.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

namespace muster::service {
namespace {

using std::chrono::milliseconds;

// Each commit costs the processor as much as a few sessions.
constexpr milliseconds kBetweenTurns(3);
// Output that nobody's start waits for; watchers are written to each forty milliseconds anyhow.
constexpr milliseconds kPutOff(10);
constexpr milliseconds kSyncInterval(900);
constexpr milliseconds kRetryInterval(1000);

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
    const Clock::time_point due =
        last_turn_ == Clock::time_point::min() ? at : std::max(at, last_turn_ + pause_);
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
  last_turn_ = Clock::now();
  return !stopping_;
}

// A turn that was asked for while the last one failed comes no sooner.
void JournalThread::Pause(milliseconds pause) {
  MutexLock lock(&mutex_);
  pause_ = pause;
  if (due_ != Clock::time_point::max()) due_ = std::max(due_, last_turn_ + pause_);
}

void JournalThread::Work() {
  pthread_setname_np(pthread_self(), "journal");
  Clock::time_point synced = Clock::now();
  while (WaitForTurn()) {
    const bool clean = !journal_.unsynced();
    const absl::Status turned = journal_.Turn();
    Pause(turned.ok() ? kBetweenTurns : kRetryInterval);
    const Clock::time_point now = Clock::now();
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
