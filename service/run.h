// One run: what was asked, how each host stands, and its log.
#ifndef SERVICE_RUN_H_
#define SERVICE_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "service/event_block.h"
#include "service/run_log.h"
#include "service/watched_run.h"
#include "ssh_engine/engine.h"
#include "ssh_engine/mutex.h"

namespace muster::service {

// What a run is made from. A value.
struct RunPlan {
  v1::RunSpec spec;  // without secrets
  std::string creator;
  std::string request_id;
  std::vector<v1::RunHost> hosts;
  std::vector<std::string> warnings;
  uint64_t max_output_bytes_per_host = 0;  // 0: no limit
  uint64_t max_output_bytes = 0;           // of all hosts
};

// What happened to hosts on one loop since its last Commit. A value.
struct HostUpdate {
  uint32_t host_index = 0;
  v1::HostState state = v1::HOST_STATE_UNSPECIFIED;
  // With a terminal state only.
  v1::HostOutcome outcome;
  uint64_t stdout_bytes = 0;
  uint64_t stderr_bytes = 0;
  uint64_t omitted_bytes = 0;
};

// Thread-safe. Owned by the store and by whoever watches it. The engine's loops write through
// Commit; a run is over when all of its hosts are.
class Run final : public WatchedRun {
 public:
  // Asks whether `bytes` more of output may be kept by all runs together, and counts them if so.
  using Reserve = std::function<bool(size_t bytes)>;

  Run(std::string id, RunPlan plan, absl::Time now, Reserve reserve);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Constant.
  const std::string& id() const override { return id_; }
  const std::string& creator() const { return plan_.creator; }
  const std::string& request_id() const { return plan_.request_id; }
  const v1::RunSpec& spec() const { return plan_.spec; }
  size_t host_count() const { return plan_.hosts.size(); }

  std::shared_ptr<RunLog> log() const override { return log_; }

  // Once, right after the engine has taken the run.
  void SetHandle(std::shared_ptr<engine::RunHandle> handle);
  // Harmless when repeated, and on a run that is over.
  void Cancel() override;
  // The same, because the daemon stops.
  void Interrupt();

  // Whether these bytes of output may go to the log; counts them if so.
  bool ReserveOutput(size_t bytes);
  uint64_t max_output_bytes_per_host() const { return plan_.max_output_bytes_per_host; }

  // Appends the events, then takes note of the hosts. The one that brings the last host's end also
  // ends the run, closes the log, and answers true. Any loop.
  bool Commit(EventBlock events, const std::vector<HostUpdate>& updates, absl::Time now);

  bool over() const;
  // Output that is kept; what the store counts.
  size_t kept_bytes() const { return output_bytes_; }
  v1::Run Snapshot() const override;
  // At most `limit` results of hosts from `first` on that are in one of `states` (empty: any); the
  // index to go on from, or the number of hosts at the end.
  uint32_t Results(uint32_t first, uint32_t limit, const std::vector<int>& states,
                   std::vector<v1::HostResult>* results) const;

 private:
  struct HostRecord {
    v1::HostState state = v1::HOST_STATE_QUEUED;
    absl::Time start = absl::InfinitePast();
    absl::Time end = absl::InfinitePast();
    uint64_t stdout_bytes = 0;
    uint64_t stderr_bytes = 0;
    uint64_t omitted_bytes = 0;
    std::unique_ptr<v1::HostOutcome> outcome;
  };

  void AppendBeginning(absl::Time now);
  void Stop(const char* why, bool interrupted);
  RunLog::Wakeups AppendToLog(EventBlock block, absl::Time now, bool last = false);
  RunLog::Wakeups AppendRunState(v1::RunState state, const std::string& message, absl::Time now);
  void Note(const HostUpdate& update, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  RunLog::Wakeups Conclude(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string id_;
  const RunPlan plan_;
  const absl::Time create_time_;
  const Reserve reserve_;

  Mutex append_mutex_;  // one writer of the log at a time; taken last
  const std::shared_ptr<RunLog> log_;
  std::atomic<uint64_t> output_bytes_{0};

  // Taken before the log's own, never within it.
  mutable Mutex mutex_;
  v1::RunState state_ ABSL_GUARDED_BY(mutex_) = v1::RUN_STATE_RUNNING;
  bool interrupted_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time end_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<HostRecord> hosts_ ABSL_GUARDED_BY(mutex_);
  std::vector<uint32_t> counts_ ABSL_GUARDED_BY(mutex_);  // by state
  size_t ended_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t omitted_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::shared_ptr<engine::RunHandle> handle_ ABSL_GUARDED_BY(mutex_);
};

bool IsTerminal(v1::RunState state);

}  // namespace muster::service

#endif  // SERVICE_RUN_H_
