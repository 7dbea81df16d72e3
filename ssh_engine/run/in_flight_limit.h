// How many hosts of a run may be under way at once, over all loops, and whose turn is next.
#ifndef SSH_ENGINE_RUN_IN_FLIGHT_LIMIT_H_
#define SSH_ENGINE_RUN_IN_FLIGHT_LIMIT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "ssh_engine/base/mutex.h"

namespace muster::engine {

// Permits that the loops of one run share. They are handed out in the order in which the run's
// hosts were added, whichever loops these belong to: the hosts that were started are always the
// first ones. Thread-safe; owned by the run's handle and its parts on the loops together.
class InFlightLimit {
 public:
  // A loop may start so many further ones of its hosts, in its order; it owns the permits from then
  // on. Called from whichever thread gives a permit back, with no lock held. Must only post: the
  // hosts may still be on their way to the loop, by an earlier post.
  using Grant = std::function<void(uint32_t hosts)>;

  explicit InFlightLimit(uint32_t permits) : available_(permits) {}
  InFlightLimit(const InFlightLimit&) = delete;
  InFlightLimit& operator=(const InFlightLimit&) = delete;

  // Once for each loop, before its first host.
  void AddLoop(size_t loop, Grant grant);
  // The loops of further hosts, in the hosts' order. These were posted to them before.
  void Enqueue(const std::vector<size_t>& loops);
  // Gives one permit back: to the next host, where one waits.
  void Release();

 private:
  Mutex mutex_;
  uint32_t available_ ABSL_GUARDED_BY(mutex_);
  std::deque<size_t> turns_ ABSL_GUARDED_BY(mutex_);   // the loops of hosts that wait
  std::vector<Grant> grants_ ABSL_GUARDED_BY(mutex_);  // by loop
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RUN_IN_FLIGHT_LIMIT_H_
