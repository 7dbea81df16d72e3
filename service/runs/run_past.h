// What an earlier daemon's run has behind it.
#ifndef SERVICE_RUNS_RUN_PAST_H_
#define SERVICE_RUNS_RUN_PAST_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/v1/host.pb.h"
#include "service/runs/run.h"
#include "service/store/run_store.h"

namespace muster::service {

// A value.
struct ReadPast {
  RunPast past;
  std::vector<v1::RunHost> hosts;
  std::string damage;  // empty, or where events are missing: what they told is not known
};

// Reads the log of an unfinished run, all that can be read. Where the log has an end for a host,
// that holds; who was started otherwise is lost. DATA_LOSS: not even its hosts are known. Blocks.
absl::StatusOr<ReadPast> ReadRunPast(const RunStore& store, const UnfinishedRun& run);

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_PAST_H_
