// EventLoop over epoll(7): the one file that knows it.
#ifndef SSH_ENGINE_LOOP_EPOLL_LOOP_H_
#define SSH_ENGINE_LOOP_EPOLL_LOOP_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/loop/event_loop.h"

namespace muster::engine {

// Owned by whoever runs it. Until Run is called the loop's thread is the one that created it, so
// that what lives on the loop may be made before; it must be destroyed before the loop, in the
// loop's thread or after Run has returned.
class EpollLoop final : public EventLoop {
 public:
  // Fails for want of descriptors: it takes four.
  static absl::StatusOr<std::unique_ptr<EpollLoop>> Create();
  ~EpollLoop() override;

  // Serves on the calling thread until Stop.
  void Run();
  // Ends Run after the iteration under way. Tasks not yet run are destroyed, not run. Thread-safe.
  void Stop();

  void Post(Task task) override;
  void Defer(Task task) override;
  std::unique_ptr<FdWatch> Watch(int fd, Priority priority,
                                 absl::AnyInvocable<void(Readiness)> callback) override;
  bool BackgroundIsBehind() const override { return background_behind_; }
  void AddHurried(int count) override;
  bool InHurry() const override;
  std::unique_ptr<Timer> NewTimer(Task callback) override;
  absl::Duration Now() const override;
  absl::Duration ReadClock() const override;
  absl::Time WallTime() const override;
  bool InLoopThread() const override;

 private:
  class WatchImpl;
  class TimerImpl;
  struct WatchState;
  struct TimerState;

  EpollLoop(UniqueFd epoll, UniqueFd background, UniqueFd bulk, UniqueFd wake);
  void Iterate();
  void TakeBackgroundTurn(bool ready);
  // As many as fit into a short time; true: there may be more.
  bool ServeBackground();
  bool Hurried() const { return hurried_ > 0 && now_ < hurried_until_; }
  // For a pause, or not any more.
  void RestBackground(bool rest);
  void ServeBulk();
  int SetOf(Priority priority) const;
  int WaitMilliseconds() const;
  void ReadClocks();
  void Dispatch(uint64_t id, uint32_t events);
  void RunTimers();
  void RunPosted();
  void RunDeferred();
  void Wake();

  const UniqueFd epoll_;
  const UniqueFd background_;  // an epoll set within epoll_
  const UniqueFd bulk_;        // another
  const UniqueFd wake_;        // an eventfd: the mailbox has something

  // The loop's thread has these.
  std::atomic<std::thread::id> thread_;
  absl::Duration now_;
  absl::Time wall_time_;
  uint64_t next_id_ = 3;  // of watches and timers; before it wake_, background_ and bulk_
  bool background_behind_ = false;
  bool background_rests_ = false;
  absl::Duration background_rests_until_;
  int hurried_ = 0;
  absl::Duration hurried_until_;
  absl::Duration last_hurried_ = -absl::InfiniteDuration();
  absl::flat_hash_map<uint64_t, std::shared_ptr<WatchState>> watches_;
  // Armed ones, the next to fire first; among equals in the order of arming.
  std::set<std::pair<absl::Duration, uint64_t>> timer_order_;
  absl::flat_hash_map<uint64_t, std::shared_ptr<TimerState>> armed_timers_;
  std::deque<Task> deferred_;

  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<Task> posted_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOOP_EPOLL_LOOP_H_
