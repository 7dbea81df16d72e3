// One thread that waits for descriptors, timers and posted tasks.
#ifndef SSH_ENGINE_LOOP_EVENT_LOOP_H_
#define SSH_ENGINE_LOOP_EVENT_LOOP_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

namespace muster::engine {

// What a descriptor is ready for. `hangup` stands for EPOLLHUP, EPOLLRDHUP and EPOLLERR alike.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hangup = false;
};

// Who is served first. Of the background no more than a few descriptors are served in one
// iteration, after all others: handshakes cost a hundred times what a line of output does. So does
// the bulk of those who always have more to read, of whom a few are served after that; with them
// those whose server may make us compute for long at any time.
enum class Priority { kNormal, kBackground, kBulk };

// Interest in one descriptor, level triggered. Destroying it ends the interest; no callback comes
// afterwards, not even one that was already collected. Does not own the descriptor: destroy the
// watch first, close second. Loop-confined.
class FdWatch {
 public:
  virtual ~FdWatch() = default;
  // Replaces the interest. (false, false) parks the descriptor: nothing at all is reported.
  virtual void SetInterest(bool read, bool write) = 0;
  // From now on; costs a few system calls where it changes.
  virtual void SetPriority(Priority priority) = 0;
  // The descriptor was closed first, by somebody else: nothing comes any more, and its number,
  // which may be another's by now, is left alone.
  virtual void Forget() = 0;
};

// A one-shot timer, disarmed at first. Destroying it disarms it. Loop-confined.
class Timer {
 public:
  virtual ~Timer() = default;
  // Fires once, `after` from now; arms anew if it was armed. Negative counts as zero; a zero timer
  // fires in the next iteration, never inside this call.
  virtual void Arm(absl::Duration after) = 0;
  virtual void Disarm() = 0;
  virtual bool armed() const = 0;
};

// Loop-confined except for Post, which any thread may call. The others assert the thread on their
// first line. Callbacks may create and destroy watches and timers, their own included. A callback
// must not block.
class EventLoop {
 public:
  using Task = absl::AnyInvocable<void()>;

  virtual ~EventLoop() = default;

  // Runs `task` in a later iteration, in the order of posting. Thread-safe. Tasks posted after the
  // loop has stopped are destroyed without being run.
  virtual void Post(Task task) = 0;

  // Runs `task` once at the end of the current iteration, after all descriptors, timers and posted
  // tasks of it; in the order of the calls. A task deferred by a deferred task runs in the same
  // iteration.
  virtual void Defer(Task task) = 0;

  // `callback` is kept as long as the watch. Interest is (false, false) at first. `fd` stays the
  // caller's. Never fails for a valid descriptor that is not being watched yet: running out of
  // kernel memory for epoll is fatal.
  virtual std::unique_ptr<FdWatch> Watch(int fd, Priority priority,
                                         absl::AnyInvocable<void(Readiness)> callback) = 0;

  // Whether more background descriptors are ready than one iteration serves: this thread has no
  // time for more of that kind.
  virtual bool BackgroundIsBehind() const = 0;

  // So many more, or fewer, wait for something that takes a round trip or two. As long as there are
  // any, but no longer than some milliseconds after the last came, the background is served with
  // pauses: else it takes the whole processor, and not only descriptors wait for that, but other
  // threads, too.
  virtual void AddHurried(int count) = 0;

  // Whether there are any, or were a moment ago.
  virtual bool InHurry() const = 0;

  virtual std::unique_ptr<Timer> NewTimer(Task callback) = 0;

  // Monotonic time since an arbitrary start, read once an iteration.
  virtual absl::Duration Now() const = 0;

  // The same, read now: for measuring what happens within one iteration.
  virtual absl::Duration ReadClock() const = 0;

  // Wall-clock time, read once an iteration; for time stamps, and what expires by the calendar.
  virtual absl::Time WallTime() const = 0;

  // Whether the calling thread is the loop's. Thread-safe.
  virtual bool InLoopThread() const = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOOP_EVENT_LOOP_H_
