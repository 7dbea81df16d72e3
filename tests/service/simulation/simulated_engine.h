// An engine whose hosts behave by chance, on simulated time.
#ifndef TESTS_SERVICE_SIMULATION_SIMULATED_ENGINE_H_
#define TESTS_SERVICE_SIMULATION_SIMULATED_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ssh_engine/engine.h"
#include "tests/service/simulation/simulated_time.h"

namespace muster::service {

// What the hosts themselves see. Outlives the engines.
class HostWitness {
 public:
  virtual ~HostWitness() = default;
  // The host is being connected to for this job, and is done with: in pairs, but for what ends with
  // its daemon.
  virtual void OnBusy(const engine::Job& job, const engine::Host& host) = 0;
  virtual void OnIdle(const engine::Job& job, const engine::Host& host) = 0;
  // The command is requested.
  virtual void OnRequest(const engine::Job& job, uint32_t host) = 0;
  // It has ended, which the daemon may or may not come to know.
  virtual void OnEnd(const engine::Job& job, uint32_t host, engine::HostState state) = 0;
};

// One run on one loop. What it is asked comes to it later, in its order.
class SimulatedEngineRun final : public engine::RunHandle,
                                 public std::enable_shared_from_this<SimulatedEngineRun> {
 public:
  SimulatedEngineRun(engine::Job job, std::shared_ptr<engine::RunObserver> observer,
                     SimulatedTime* time, uint64_t seed, HostWitness* witness);

  void Add(std::vector<engine::Host> hosts) override;
  void Finish() override;
  void Cancel() override;
  void StopStarting(std::string message) override;
  void SetPaused(bool paused) override;
  void ResizeTerminals(engine::TerminalSize) override {}  // changes no outcome

  // The process ends: nothing more is said, or asked.
  void LetGo();

 private:
  class Control;
  enum class Stage { kQueued, kConnecting, kReady, kRunning, kEnded };
  struct SimulatedHost {
    engine::Host host;
    Chance chance;
    Stage stage = Stage::kQueued;
    int turn = 0;  // what was meant for an earlier one is void
  };

  void Begin();
  void Post(std::function<void()> message);
  void Deliver();
  void Schedule(SimulatedHost* host, absl::Duration least, absl::Duration most);
  void Advance(uint32_t index, int turn);
  void Connect(SimulatedHost* host);
  void BeReady(SimulatedHost* host);
  void Grant(uint32_t index);
  void GoOnRunning(SimulatedHost* host);
  void EndAs(SimulatedHost* host, engine::HostState state,
             engine::Cause cause = engine::Cause::kNone);
  void EndIfItMust(SimulatedHost* host);
  void WantFlush();

  const engine::Job job_;
  std::shared_ptr<engine::RunObserver> observer_;
  SimulatedTime* const time_;
  const uint64_t seed_;
  HostWitness* const witness_;
  Chance chance_;
  std::unique_ptr<engine::LoopObserver> loop_;
  std::map<uint32_t, SimulatedHost> hosts_;
  std::deque<std::function<void()>> mail_;
  bool flush_ = false;
  bool finished_ = false;
  bool paused_ = false;
  bool stopped_ = false;
  bool canceled_ = false;
  bool gone_ = false;
};

// Not thread-safe. Its end is that of the process.
class SimulatedEngine final : public engine::Engine {
 public:
  SimulatedEngine(SimulatedTime* time, uint64_t seed, HostWitness* witness)
      : time_(time), seed_(seed), witness_(witness) {}
  ~SimulatedEngine() override {
    for (const std::shared_ptr<SimulatedEngineRun>& run : runs_) run->LetGo();
  }
  std::shared_ptr<engine::RunHandle> Start(engine::Job job,
                                           std::shared_ptr<engine::RunObserver> observer) override {
    const uint64_t seed =
        seed_ ^ std::hash<std::string>()(std::get<engine::Command>(job.action).line);
    runs_.push_back(std::make_shared<SimulatedEngineRun>(std::move(job), std::move(observer), time_,
                                                         seed, witness_));
    return runs_.back();
  }
  void SetReading(bool) override {}

 private:
  SimulatedTime* const time_;
  const uint64_t seed_;
  HostWitness* const witness_;
  std::vector<std::shared_ptr<SimulatedEngineRun>> runs_;
};

}  // namespace muster::service

#endif  // TESTS_SERVICE_SIMULATION_SIMULATED_ENGINE_H_
