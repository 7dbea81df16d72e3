// Whether the output of commands is read: back-pressure from the disk to the hosts.
#ifndef SSH_ENGINE_READING_GATE_H_
#define SSH_ENGINE_READING_GATE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>

#include "ssh_engine/event_loop.h"

namespace muster::engine {

// One loop's view of the engine's switch. Whoever finds it closed leaves its descriptor alone,
// parks here, and is told once it is open again; a few at a time, so that the switch may close
// again before all of them have read. Loop-confined, but for the switch, which any thread may set:
// closed counts at once, in the middle of an iteration. Must outlive who parks.
class ReadingGate {
 public:
  class User {
   public:
    virtual ~User() = default;
    // Reads first what there is, then waits for more.
    virtual void OnReadingAgain() = 0;
  };

  // `open` must outlive this.
  ReadingGate(EventLoop* loop, const std::atomic<bool>* open)
      : loop_(loop), open_(open), alive_(std::make_shared<char>()) {}
  ReadingGate(const ReadingGate&) = delete;
  ReadingGate& operator=(const ReadingGate&) = delete;

  bool open() const { return *open_; }
  void Park(User* user) { parked_.push_back(user); }
  void Forget(User* user) {
    parked_.erase(std::remove(parked_.begin(), parked_.end(), user), parked_.end());
  }
  size_t parked() const { return parked_.size(); }

  // The switch was opened.
  void Resume() {
    for (int i = 0; i < kUsersAtOnce && open() && !parked_.empty(); ++i) {
      User* const user = parked_.front();
      parked_.pop_front();
      user->OnReadingAgain();
    }
    if (!open() || parked_.empty()) return;
    loop_->Post([this, alive = std::weak_ptr<char>(alive_)] {
      if (!alive.expired()) Resume();
    });
  }

 private:
  static constexpr int kUsersAtOnce = 16;  // of at most 256 KiB each

  EventLoop* const loop_;
  const std::atomic<bool>* const open_;
  std::deque<User*> parked_;  // who came first is told first
  std::shared_ptr<char> alive_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_READING_GATE_H_
