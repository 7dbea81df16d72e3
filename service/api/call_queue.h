// Calls that wait for a thread.
#ifndef SERVICE_API_CALL_QUEUE_H_
#define SERVICE_API_CALL_QUEUE_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

namespace muster::service {

// Something to be answered once: computed where the status is OK, refused with it otherwise.
struct Call {
  std::string caller;  // those of one take turns with those of others
  size_t bytes = 0;    // what it holds in memory
  absl::AnyInvocable<void(absl::Status)> answer;
};

// Bounded in bytes; callers take turns. Where there is no room, the newest call of the caller who
// has most in it has to go: who has little is let in, whatever the others send. Not thread-safe.
class CallQueue {
 public:
  // The least that a call counts for, so that `max_bytes` bounds their number, too.
  static constexpr size_t kLeastBytes = 64 * 1024;

  explicit CallQueue(size_t max_bytes) : max_bytes_(max_bytes) {}

  // Those that have to go, maybe this one: to be refused.
  std::vector<Call> Push(Call call);
  // What is next. The queue must not be empty.
  Call Pop();
  bool empty() const { return lines_.empty(); }

 private:
  // The calls of one caller. Never empty.
  struct Line {
    std::deque<Call> calls;
    size_t bytes = 0;
  };

  Line& LineOf(const std::string& caller);
  Call TakeNewestOfLongest();

  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::deque<Line> lines_;  // callers that wait are few; the first is next
};

}  // namespace muster::service

#endif  // SERVICE_API_CALL_QUEUE_H_
