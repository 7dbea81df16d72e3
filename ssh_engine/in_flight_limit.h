// How many hosts of a run may be under way at once, over all loops.
#ifndef SSH_ENGINE_IN_FLIGHT_LIMIT_H_
#define SSH_ENGINE_IN_FLIGHT_LIMIT_H_

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/mutex.h"

namespace muster::engine {

// Permits that the loops of one run share. A loop that finds none is remembered, and is handed the
// next one that another gives back. Thread-safe; owned by the run's parts on the loops together.
class InFlightLimit {
 public:
  // Called from whichever thread gives a permit back, with no lock held: the waiter owns the permit
  // from then on. Must only post.
  using Grant = absl::AnyInvocable<void()>;

  explicit InFlightLimit(uint32_t permits) : available_(permits) {}
  InFlightLimit(const InFlightLimit&) = delete;
  InFlightLimit& operator=(const InFlightLimit&) = delete;

  // Takes a permit, or keeps `grant` to be called once, later, and answers false.
  bool Acquire(Grant grant);
  // Gives back one that Acquire or a Grant gave.
  void Release();

 private:
  Mutex mutex_;
  uint32_t available_ ABSL_GUARDED_BY(mutex_);
  std::deque<Grant> waiting_ ABSL_GUARDED_BY(mutex_);  // in the order of asking
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_IN_FLIGHT_LIMIT_H_
