// One daemon's life on simulated time.
#ifndef TESTS_SERVICE_SIMULATION_SIMULATED_DAEMON_H_
#define TESTS_SERVICE_SIMULATION_SIMULATED_DAEMON_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "service/journal/journal.h"
#include "service/log/tail_memory.h"
#include "service/runs/host_locks.h"
#include "service/runs/recovery.h"
#include "service/runs/run_starter.h"
#include "service/runs/runs.h"
#include "service/store/memory_run_store.h"
#include "ssh_engine/base/helper_pool.h"
#include "tests/service/simulation/simulated_engine.h"
#include "tests/service/simulation/simulated_time.h"

namespace muster::service {

class SimulatedTimers final : public Timers {
 public:
  explicit SimulatedTimers(SimulatedTime* time) : time_(time) {}
  std::unique_ptr<Timer> After(absl::Duration wait, std::function<void()> call) override {
    auto timer = std::make_unique<SimulatedTimer>();
    time_->After(wait, [valid = timer->valid, call = std::move(call)] {
      if (*valid) call();
    });
    return timer;
  }

 private:
  struct SimulatedTimer final : Timer {
    ~SimulatedTimer() override { *valid = false; }
    const std::shared_ptr<bool> valid = std::make_shared<bool>(true);
  };
  SimulatedTime* const time_;
};

// What the daemons of one simulation share.
struct SimulationParts {
  SimulatedTime* time;
  HostWitness* witness;
  HelperPool* helpers;
  const RunPreparer* preparer;
};

// Takes the disk over and goes on with what it finds there. Destroyed, it is as if killed.
class SimulatedDaemon {
 public:
  SimulatedDaemon(std::shared_ptr<MemoryDisk> disk, uint64_t seed, const SimulationParts& parts,
                  std::function<void(SimulatedDaemon*)> on_turn)
      : parts_(parts),
        on_turn_(std::move(on_turn)),
        chance_(seed),
        store_(std::move(disk)),
        timers_(parts.time),
        engine_(parts.time, seed, parts.witness),
        runs_(&store_, {&engine_, &journal_, &tails_, &locks_, parts.helpers, &timers_}, 1000,
              [this](const Run& run) { starter_.OnOver(run); }),
        starter_(&store_, parts.preparer, &runs_, &activity_, {}) {}
  ~SimulatedDaemon() {
    *alive_ = false;
    parts_.helpers->Drain();
  }

  absl::Status Recover() { return service::Recover(store_, *parts_.preparer, &starter_); }
  // As Runs::Create, but with an id that is the same each time.
  std::shared_ptr<Run> Create(const std::string& id, PreparedRun prepared, Journal::Done done) {
    RunPast past;
    past.create_time = parts_.time->now();
    const std::shared_ptr<Run> run = runs_.Adopt(id, std::move(prepared.plan), past);
    journal_.AddRun(run->Record(), run->log(), run->FirstEvents(), parts_.time->now(),
                    [done = std::move(done), run](const absl::Status& status) mutable {
                      if (!status.ok()) run->Cancel({v1::RUN_REASON_NOT_WRITTEN, "", ""});
                      done(status);
                    });
    run->Begin(std::move(prepared.job), std::move(prepared.probe), std::move(prepared.reaches));
    return run;
  }

  // To be called after each step: what was queued is written some time after it.
  void Settle() {
    parts_.helpers->Drain();
    if (wanted_.exchange(false)) ScheduleTurn(absl::Milliseconds(5));
  }

  Runs* runs() { return &runs_; }
  const RunStore& store() const { return store_; }
  Journal* journal() { return &journal_; }
  bool fenced() const { return fenced_; }
  // The lengths of logs that are promised to survive the loss of power, once synced.
  bool synced() const { return !journal_.unsynced(); }

 private:
  void Later(absl::Duration most, std::function<void()> call) {
    parts_.time->After(chance_.Between(absl::Microseconds(10), most),
                       [alive = alive_, call = std::move(call)] {
                         if (*alive) call();
                       });
  }
  void ScheduleTurn(absl::Duration most) {
    if (std::exchange(turn_, true)) return;
    Later(most, [this] { Turn(); });
  }
  void Turn() {
    turn_ = false;
    const absl::Status status = journal_.Turn();
    if ((!status.ok() || journal_.held()) && !fenced_) ScheduleTurn(absl::Seconds(1));
    if (journal_.unsynced() && !std::exchange(sync_, true))
      Later(absl::Seconds(1), [this] { Sync(); });
    on_turn_(this);
  }
  void Sync() {
    sync_ = false;
    if (!journal_.Sync().ok() && !fenced_) {
      sync_ = true;
      Later(absl::Seconds(1), [this] { Sync(); });
    }
    on_turn_(this);
  }

  const SimulationParts parts_;
  const std::function<void(SimulatedDaemon*)> on_turn_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Chance chance_;
  std::atomic<bool> wanted_{false};  // a turn
  bool turn_ = false;                // is scheduled
  bool sync_ = false;
  bool fenced_ = false;

  MemoryRunStore store_;
  TailMemory tails_{size_t{64} << 20};
  HostLocks locks_;
  SimulatedTimers timers_;
  SimulatedEngine engine_;
  Activity activity_{Activity::Clock::now()};
  Runs runs_;
  RunStarter starter_;
  Journal journal_{&store_,
                   &tails_,
                   {[this](absl::Duration) { wanted_ = true; }, nullptr,
                    [this](const absl::Status&) { fenced_ = true; }}};
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_SIMULATION_SIMULATED_DAEMON_H_
