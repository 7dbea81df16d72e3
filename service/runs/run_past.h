// What an earlier daemon's run has behind it.
#ifndef SERVICE_RUNS_RUN_PAST_H_
#define SERVICE_RUNS_RUN_PAST_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "service/rollout/rollout.h"
#include "service/runs/run_records.h"
#include "service/store/run_store.h"

namespace muster::service {

// What is known of a run of an earlier daemon. A value.
struct RunPast {
  absl::Time create_time;
  std::vector<HostUpdate> ended;  // hosts
  std::vector<absl::Time> end_times;
  struct Probe {
    uint32_t host;
    v1::HostOutcome outcome;
  };
  std::map<uint32_t, absl::Time> start_times;  // of hosts, as far as the log has them
  std::vector<Probe> probes;
  std::vector<HostUpdate> lost;                // hosts that had been started, and have no end
  v1::RunState state = v1::RUN_STATE_RUNNING;  // the last that is not terminal
  std::string message;
  // Where not UNSPECIFIED: the log has its end, which the store was not told of any more.
  v1::RunState end_state = v1::RUN_STATE_UNSPECIFIED;
  absl::Time end_time = absl::InfinitePast();
  uint32_t batch = 0;
  uint64_t output_bytes = 0;  // in the log
  uint64_t last_sequence = 0;
};

// As the rollout of a run with so many hosts is to know it.
RolloutPast RolloutPastOf(const RunPast& past, size_t hosts);

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
