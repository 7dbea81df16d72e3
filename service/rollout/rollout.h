// Which hosts of a run are started when.
#ifndef SERVICE_ROLLOUT_ROLLOUT_H_
#define SERVICE_ROLLOUT_ROLLOUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/rollout/rollout_plan.h"

namespace muster::service {

// Why a run waits, is stopping, or has ended before its time. A value.
struct Why {
  v1::RunReason reason = v1::RUN_REASON_UNSPECIFIED;
  std::string message;  // for people
  std::string by;       // who gave the cause, as Run.creator; empty: nobody
};

// What is to be done, in the order of the members. A value.
struct RolloutActions {
  // False: the run is PAUSED, and none of the hosts that were started may leave QUEUED. True: it
  // goes on. `why` tells.
  absl::optional<bool> running;
  // The run is STOPPING: hosts that are still in QUEUED end as NOT_STARTED, those under way finish.
  // `why` tells. Also ends a pause.
  bool stop = false;
  // Hosts that were never started, which are to end as NOT_STARTED. HostEnded is not told of them.
  std::vector<uint32_t> not_started;
  Why why;
  // A batch begins that was not told before: its number, from 1, and how many hosts it has.
  absl::optional<uint32_t> batch;
  uint32_t batch_hosts = 0;
  // Hosts to start, in this order; as many at a time as the run's max_in_flight allows.
  std::vector<uint32_t> start;
  // Hosts whose probe is to be run.
  std::vector<uint32_t> probe;
  // When TimerFired is to be called. One timer at a time; needless after `stop`.
  absl::optional<absl::Duration> timer;
  // Every host has ended, and so has every probe. Nothing follows.
  bool over = false;
};

// What a run that is continued has behind it. A value.
struct RolloutPast {
  enum class Host : uint8_t {
    kWaiting,    // was certainly not started
    kSucceeded,  // and was not probed
    kProbed,     // and so did its probe
    kFailed,     // ended otherwise, or its probe did
  };
  std::vector<Host> hosts;  // by index; empty: none has been started
  uint32_t batch = 0;       // the last that was told of, from 1; 0: none
};

// The rules of Rollout in the contract: a machine without threads, clock, or knowledge of the
// engine. Each call says what happened and answers what is to be done about it, which costs a
// constant time but for the hosts that are named. Owned by a run, which guards it. What it comes to
// besides the contract:
// - No probe begins while the run is paused or once it is stopped.
// - The time of batch_pause passes during a pause, too; ResumeRun does not cut it short.
// - A run that is continued goes on in the last batch that had begun, with all hosts up to its
//   end that were not started. What stands between the batches (probes without a result,
//   batch_pause, confirm_batches) comes before the next one, even if it had been under way.
class Rollout {
 public:
  explicit Rollout(RolloutPlan plan, RolloutPast past = {});

  // Once, and first, but for Pause and Stop of a run that is continued.
  [[nodiscard]] RolloutActions Begin();
  // Each host that was started, once. SUCCEEDED or not.
  [[nodiscard]] RolloutActions HostEnded(uint32_t host, bool succeeded);
  // Each probe, once.
  [[nodiscard]] RolloutActions ProbeEnded(uint32_t host, bool succeeded);
  [[nodiscard]] RolloutActions TimerFired();
  // Both are harmless when repeated, and on a run that is stopped or over.
  [[nodiscard]] RolloutActions Pause();
  [[nodiscard]] RolloutActions Resume();
  // For a reason from outside, told to people. Harmless when repeated: the first reason stays.
  [[nodiscard]] RolloutActions Stop(Why why);

  // The batch under way or that began last, from 1; 0: none yet.
  uint32_t batch() const { return batch_; }
  uint32_t batch_count() const { return static_cast<uint32_t>(plan_.batch_ends.size()); }
  uint32_t failures() const { return failures_; }

 private:
  enum class Stage {
    kNew,
    kBetween,  // before a batch
    kHosts,    // of the batch are under way
    kProbes,   // of the batch are under way or, while paused, about to be
    kOver,
  };
  enum class HostStage : uint8_t { kWaiting, kStarted, kSucceeded, kProbing, kDone };

  void TakeUp(const RolloutPast& past);
  // These come one after the other, as far as nothing has to be waited for.
  void GoOn(RolloutActions* actions);
  void BeginBatch(RolloutActions* actions);
  void EndBatch(RolloutActions* actions);
  void BeginProbes(RolloutActions* actions);
  void BeginBetween(RolloutActions* actions);

  void StartHosts(RolloutActions* actions);
  void EndOne(bool succeeded, RolloutActions* actions);
  bool TooManyFailed() const;
  void StopNow(Why why, RolloutActions* actions);
  void EndRun(RolloutActions* actions);
  // Of batch `batch_`: places in the order.
  size_t BatchBegin() const { return batch_ == 1 ? 0 : plan_.batch_ends[batch_ - 2]; }
  size_t BatchEnd() const { return plan_.batch_ends[batch_ - 1]; }

  const RolloutPlan plan_;
  std::vector<HostStage> hosts_;  // by index
  Stage stage_ = Stage::kNew;
  uint32_t batch_ = 0;
  uint32_t next_batch_ = 1;
  uint32_t told_batch_ = 0;
  size_t next_ = 0;                 // place in the order: all before it have been started, or ended
  size_t under_way_ = 0;            // hosts or probes
  std::vector<uint32_t> to_probe_;  // hosts of the batch that SUCCEEDED
  uint32_t failures_ = 0;
  bool paused_ = false;
  bool timer_ = false;  // is set
  bool stopped_ = false;
};

}  // namespace muster::service

#endif  // SERVICE_ROLLOUT_ROLLOUT_H_
