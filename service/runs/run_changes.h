// What becomes of all runs, for one watcher.
#ifndef SERVICE_RUNS_RUN_CHANGES_H_
#define SERVICE_RUNS_RUN_CHANGES_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "muster/v1/run.pb.h"
#include "service/runs/runs.h"

namespace muster::service {

// Which runs somebody watches. A value.
struct WatchedRuns {
  absl::optional<std::string> creator;  // none: of all
  std::map<std::string, std::string> labels;
};

// Asked every now and then: runs do nothing for their watchers, and what nobody asks for is never
// gathered. It holds a little of each run under way. Belongs to its watcher, who uses it from one
// thread at a time.
class RunChanges {
 public:
  // `runs` must outlive it.
  RunChanges(const Runs* runs, WatchedRuns which);
  ~RunChanges();
  RunChanges(const RunChanges&) = delete;
  RunChanges& operator=(const RunChanges&) = delete;

  // The runs that were made or have changed since the last call, the first time all under way, by
  // Run::Summary. Runs of which only the log has grown have not changed. Each end is told once.
  // RunEnds' error. Does not block; a run whose log has not grown costs two locks.
  absl::StatusOr<std::vector<v1::Run>> Take();

 private:
  // How a run under way was when it was looked at last.
  struct Known {
    uint64_t last_sequence = 0;
    std::string bytes;
  };
  using KnownRuns = absl::flat_hash_map<std::string, Known>;

  bool Wants(const v1::RunSpec& spec, const std::string& creator) const;
  void Look(const Run& run, KnownRuns* now, std::vector<v1::Run>* changed);

  const Runs* const runs_;
  const WatchedRuns which_;
  uint64_t ends_;  // the place in RunEnds
  KnownRuns known_;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_CHANGES_H_
