// One run that is not over: what was asked, how each host stands, and what is to be done next.
#ifndef SERVICE_RUNS_RUN_H_
#define SERVICE_RUNS_RUN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"
#include "service/events/event_block.h"
#include "service/journal/journal.h"
#include "service/log/run_log.h"
#include "service/log/watched_run.h"
#include "service/prepare/reach.h"
#include "service/prepare/run_plan.h"
#include "service/rollout/rollout.h"
#include "service/runs/host_event_sink.h"
#include "service/runs/host_locks.h"
#include "service/runs/run_input.h"
#include "service/runs/run_locks.h"
#include "service/runs/run_past.h"
#include "service/runs/run_records.h"
#include "service/runs/timers.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/channel_setup.h"
#include "ssh_engine/engine.h"

namespace muster::service {

// What a run works with; outlives it, but for the engine, which only has to outlive what it starts.
struct RunParts {
  engine::Engine* engine = nullptr;
  Journal* journal = nullptr;
  TailMemory* tails = nullptr;
  HostLocks* locks = nullptr;
  HelperPool* helpers = nullptr;
  Timers* timers = GrpcTimers();
};

// Of runs that a daemon ends in good order.
inline Why DaemonStops() { return {v1::RUN_REASON_DAEMON_STOPPED, "musterd is stopping.", ""}; }

// The message of a run that was under way when its daemon was lost begins so.
constexpr char kDaemonLost[] = "musterd was ended in the middle of the run.";

// Thread-safe. Owned by the registry of runs (Runs), whoever watches it, and what it has asked for.
// Everything that happens to it goes to the journal before it counts.
class Run final : public WatchedRun,
                  public HostEventSink,
                  public std::enable_shared_from_this<Run> {
 public:
  // Called once, from the journal's thread, when the end is durable. Must not block.
  using OnOver = std::function<void(const std::shared_ptr<Run>&)>;

  Run(std::string id, RunPlan plan, absl::Time now, const RunParts& parts, OnOver on_over);
  // One that an earlier daemon left behind; hosts of which nothing is known count as waiting.
  Run(std::string id, RunPlan plan, const RunPast& past, const RunParts& parts, OnOver on_over);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Constant.
  const std::string& id() const override { return id_; }
  const std::string& creator() const { return plan_.creator; }
  const std::string& request_id() const { return plan_.request_id; }
  const v1::RunSpec& spec() const { return plan_.spec; }
  const std::vector<v1::RunHost>& hosts() const { return plan_.hosts; }
  size_t host_count() const { return plan_.hosts.size(); }

  std::shared_ptr<RunLog> log() const override { return log_; }

  // What the journal has to be asked to add before Begin.
  NewRun Record() const;
  EventBlock FirstEvents() const;

  // Starts what the rollout says. Once. `probe` is the job of Rollout.probe, if there is one.
  void Begin(engine::Job job, engine::Job probe, Reaches reaches);
  // What its commands read where RunSpec.input is STREAM. Before Begin; closed with the run's end.
  void SetInput(std::shared_ptr<RunInput> input);
  // Null: nothing is sent to them. Constant after Begin.
  std::shared_ptr<RunInput> input() const;
  // In place of it, every host that has not ended comes to its end. The run has failed, unless its
  // daemon was stopped in good order or it was being canceled already.
  void Close(const Why& why);
  // The same, where its log has an end already: the store is told.
  void CloseAsLogged();

  // Harmless when repeated, and on a run that is over.
  void Cancel(const Why& why);
  // The daemon stops: canceled, unless it is to be continued; then no further host is started.
  void Interrupt();
  // From now on nothing is taken down any more: the next daemon finds out.
  void Freeze() { frozen_ = true; }
  // FAILED_PRECONDITION: it is stopping, or over.
  absl::Status Pause(const std::string& by);
  absl::Status Resume();
  // The same, or it has none.
  absl::Status ResizeTerminals(engine::TerminalSize size);
  void OnCreatorCame() override;
  void OnCreatorLeft() override;
  // Until what was done to it so far is written down, so that the daemon's end does not undo it; or
  // why it is not yet. Blocks.
  absl::Status WaitUntilWritten() const;

  bool over() const;
  // Whether all of these have; each is one of the run's.
  bool HaveEnded(absl::Span<const uint32_t> hosts) const;
  v1::Run Snapshot() const override;
  // The same without its spec, but for the labels: it may be long.
  v1::Run Summary() const;
  // At most `limit` results of hosts from `first` on that are in one of `states` (empty: any); the
  // index to go on from, or the number of hosts at the end.
  uint32_t Results(uint32_t first, uint32_t limit, const std::vector<int>& states,
                   std::vector<v1::HostResult>* results) const;

 private:
  // HostEventSink
  const RunPlan& plan() const override { return plan_; }
  size_t ReserveOutput(size_t bytes) override;
  void ReturnOutput(size_t bytes) override { output_bytes_ -= bytes; }
  void Commit(EventBlock events, const std::vector<HostUpdate>& updates, absl::Time now) override;
  void AskToStart(std::vector<uint32_t> hosts, absl::Duration patience,
                  std::shared_ptr<engine::LoopControl> control) override;
  void OnProbe(uint32_t host, v1::HostOutcome outcome, std::string output, absl::Time now) override;

  void Do(const RolloutActions& actions, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetState(v1::RunState state, const Why& why, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopStarting(const RolloutActions& actions, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartHosts(const std::vector<uint32_t>& hosts, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LockHosts(const std::vector<uint32_t>& hosts, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddToEngine(const std::vector<uint32_t>& hosts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartProbes(const std::vector<uint32_t>& hosts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetTimer(absl::Duration wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetDeadline() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Nobody who created it watches it.
  void AwaitCreator(absl::Duration at_least) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnCreatorGone();
  bool AllHostsEnded() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // By whoever had it before, as it said: failures that came on top of that change nothing.
  bool WasBeingCanceled() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Hosts that the engine does not have.
  void EndHosts(std::vector<HostUpdate> hosts, const v1::HostOutcome& outcome, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndLost(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Append(const v1::Event& event, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Once every host has ended.
  void Conclude(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The last events, and the results. Without events, where the log has them.
  void QueueEnd(bool logged) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteEnd(bool logged) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnEndWritten(const absl::Status& status);
  void OnTimer();
  v1::RunState FinalState() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  engine::Host EngineHost(uint32_t index) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<engine::Host> EngineHosts(const std::vector<uint32_t>& indexes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::Run SnapshotAs(v1::RunState state) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  v1::Run WithoutSpec(v1::RunState state) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status HasEnded() const;
  absl::Status CheckRunning() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string id_;
  const RunPlan plan_;
  const absl::Time create_time_;
  const RunParts parts_;
  const OnOver on_over_;
  const bool taken_up_;  // from an earlier daemon
  const std::shared_ptr<RunLog> log_;
  std::atomic<uint64_t> output_bytes_{0};
  std::atomic<bool> frozen_{false};

  // Taken before the journal's and the engine's.
  mutable Mutex mutex_;
  RunRecords records_ ABSL_GUARDED_BY(mutex_);
  Rollout rollout_ ABSL_GUARDED_BY(mutex_);
  v1::RunState state_ ABSL_GUARDED_BY(mutex_) = v1::RUN_STATE_RUNNING;
  Why why_ ABSL_GUARDED_BY(mutex_);
  bool canceled_ ABSL_GUARDED_BY(mutex_) = false;
  bool concluded_ ABSL_GUARDED_BY(mutex_) = false;  // state_ is not terminal before that is durable
  absl::Time end_time_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<HostUpdate> lost_ ABSL_GUARDED_BY(mutex_);               // until they are told of
  std::shared_ptr<engine::RunHandle> handle_ ABSL_GUARDED_BY(mutex_);  // from Begin to the end
  std::shared_ptr<engine::RunHandle> probe_handle_ ABSL_GUARDED_BY(mutex_);  // of the last batch
  engine::Job probe_ ABSL_GUARDED_BY(mutex_);
  absl::optional<engine::TerminalSize> terminal_size_ ABSL_GUARDED_BY(mutex_);  // that was told
  Reaches reaches_ ABSL_GUARDED_BY(mutex_) = {Reach()};  // as long as handle_
  RunLocks locks_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<Timer> timer_ ABSL_GUARDED_BY(mutex_);     // of the rollout
  std::unique_ptr<Timer> deadline_ ABSL_GUARDED_BY(mutex_);  // Timeouts.run
  std::shared_ptr<RunInput> input_ ABSL_GUARDED_BY(mutex_);
  int creator_watches_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Timer> creator_ ABSL_GUARDED_BY(mutex_);  // cancel_after_disconnect
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_H_
