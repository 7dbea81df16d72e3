// Whether the output of commands is read: back-pressure from the disk to the hosts.
#ifndef SSH_ENGINE_LOOP_READING_GATE_H_
#define SSH_ENGINE_LOOP_READING_GATE_H_

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>

#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/loop/event_loop.h"

namespace muster::engine {

// One loop's view of the engine's switch. Whoever finds it closed leaves its descriptor alone,
// parks here, and is told once it is open again; a few at a time, so that the switch may close
// again before all of them have read, and last those who have much. Loop-confined, but for the
// switch, which any thread may set: closed counts at once, in the middle of an iteration. Must
// outlive who parks.
class ReadingGate {
 public:
  class User {
   public:
    virtual ~User() = default;
    // Reads first what there is, then waits for more.
    virtual void OnReadingAgain() = 0;
  };

  // `open` must outlive this.
  ReadingGate(EventLoop* loop, const std::atomic<bool>* open) : loop_(loop), open_(open) {}
  ReadingGate(const ReadingGate&) = delete;
  ReadingGate& operator=(const ReadingGate&) = delete;

  bool open() const { return *open_; }
  // `bulk`: it always has more to read.
  void Park(User* user, bool bulk) { (bulk ? bulk_ : parked_).push_back(user); }
  void Forget(User* user) {
    for (std::deque<User*>* users : {&parked_, &bulk_}) {
      users->erase(std::remove(users->begin(), users->end(), user), users->end());
    }
  }
  size_t parked() const { return parked_.size() + bulk_.size(); }

  // The switch was opened.
  void Resume() {
    Tell(&parked_, kUsersAtOnce);
    if (parked_.empty()) Tell(&bulk_, kBulkAtOnce);
    if (!open() || parked() == 0) return;
    loop_->Post(lifetime_.Guard([this] { Resume(); }));
  }

 private:
  static constexpr int kUsersAtOnce = 16;
  static constexpr int kBulkAtOnce = 4;  // of 256 KiB each

  // In the order of their coming.
  void Tell(std::deque<User*>* users, int most) {
    for (int i = 0; i < most && open() && !users->empty(); ++i) {
      User* const user = users->front();
      users->pop_front();
      user->OnReadingAgain();
    }
  }

  EventLoop* const loop_;
  const std::atomic<bool>* const open_;
  std::deque<User*> parked_;
  std::deque<User*> bulk_;
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOOP_READING_GATE_H_
