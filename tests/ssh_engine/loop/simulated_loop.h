// An event loop whose time and readiness the test decides.
#ifndef TESTS_SSH_ENGINE_LOOP_SIMULATED_LOOP_H_
#define TESTS_SSH_ENGINE_LOOP_SIMULATED_LOOP_H_

#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <thread>

#include "absl/time/time.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/loop/event_loop.h"

namespace muster::engine {

// Runs in the test's thread, and only within Run, Advance and SetReady. Post may come from any
// thread.
class SimulatedLoop final : public EventLoop {
 public:
  SimulatedLoop();
  ~SimulatedLoop() override;

  void Post(Task task) override;
  void Defer(Task task) override;
  std::unique_ptr<FdWatch> Watch(int fd, Priority priority,
                                 absl::AnyInvocable<void(Readiness)> callback) override;
  bool BackgroundIsBehind() const override { return background_behind; }
  void AddHurried(int count) override { hurried += count; }
  bool InHurry() const override { return hurried > 0; }
  std::unique_ptr<Timer> NewTimer(Task callback) override;
  absl::Duration Now() const override { return now_; }
  absl::Duration ReadClock() const override { return now_; }
  absl::Time WallTime() const override { return absl::UnixEpoch() + now_; }
  bool InLoopThread() const override { return std::this_thread::get_id() == thread_; }

  // Runs what this thread posted, then what was deferred, until there is neither.
  void Run();
  // Waits for another thread's Post, then Run. Only here is it run, however early it came.
  void RunPosted();
  // Waits until one that somebody waits for can really be read, and is told so.
  void WaitForReadable();
  // Time passes: timers fire in the order of their times, each followed by Run.
  void Advance(absl::Duration by);
  // The descriptor is ready; false where nobody waits for that.
  bool SetReady(int fd, Readiness readiness);

  // Whether the descriptor is watched, and for what.
  bool Watched(int fd) const { return watches_.count(fd) > 0; }
  Priority PriorityOf(int fd) const;  // of one that is watched
  bool WantsRead(int fd) const;
  bool WantsWrite(int fd) const;
  size_t armed_timers() const { return timers_.size(); }

  bool background_behind = false;  // what BackgroundIsBehind answers
  int hurried = 0;                 // by AddHurried
  int forgotten = 0;               // watches that were told to Forget

 private:
  class SimulatedWatch;
  class SimulatedTimer;
  using Timers = std::multimap<absl::Duration, SimulatedTimer*>;

  const std::thread::id thread_;
  absl::Duration now_;
  Timers timers_;
  std::map<int, SimulatedWatch*> watches_;
  std::deque<Task> deferred_;
  Mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::deque<Task> others_ ABSL_GUARDED_BY(mutex_);  // by other threads
};

}  // namespace muster::engine

#endif  // TESTS_SSH_ENGINE_LOOP_SIMULATED_LOOP_H_
