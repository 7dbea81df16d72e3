// Threads that answer calls.
#ifndef SERVICE_API_CALL_LANE_H_
#define SERVICE_API_CALL_LANE_H_

#include <condition_variable>
#include <thread>
#include <vector>

#include "service/api/call_queue.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// A queue of calls with threads of its own, so that they wait for each other and for nobody else.
// Thread-safe.
class CallLane {
 public:
  CallLane(int threads, size_t max_bytes);
  // Refuses what still waits, and waits for what runs.
  ~CallLane();

  // RESOURCE_EXHAUSTED where there is no room for it, or none any more (CallQueue).
  void Add(Call call);
  // Refuses what waits and what comes with UNAVAILABLE from now on.
  void Stop();
  // Waits until nothing waits and nothing runs.
  void Drain();

 private:
  void Work();

  Mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable idle_;
  CallQueue queue_ ABSL_GUARDED_BY(mutex_);
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace muster::service

#endif  // SERVICE_API_CALL_LANE_H_
