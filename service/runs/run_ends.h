// Runs that have just ended, for those who watch all runs.
#ifndef SERVICE_RUNS_RUN_ENDS_H_
#define SERVICE_RUNS_RUN_ENDS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/v1/run.pb.h"
#include "service/runs/run.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// The last kKept of them, kept once for all readers and only while there are any. Thread-safe.
class RunEnds {
 public:
  static constexpr size_t kKept = 4096;

  // A reader comes: his place, behind what has ended so far. Each has to leave.
  uint64_t Enter();
  void Leave();

  // By Run::Summary. Does not block.
  void Add(const Run& run);
  // What has ended after `place`, which moves behind it. RESOURCE_EXHAUSTED: the reader was so slow
  // that some of it has gone.
  absl::StatusOr<std::vector<std::shared_ptr<const v1::Run>>> Read(uint64_t* place) const;

 private:
  mutable Mutex mutex_;
  int readers_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t added_ ABSL_GUARDED_BY(mutex_) = 0;                               // ever
  std::deque<std::shared_ptr<const v1::Run>> runs_ ABSL_GUARDED_BY(mutex_);  // the newest of them
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_ENDS_H_
