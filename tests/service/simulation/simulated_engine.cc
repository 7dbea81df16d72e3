#include "tests/service/simulation/simulated_engine.h"

#include <utility>

namespace muster::service {
namespace {

using engine::Cause;
using engine::HostState;

constexpr HostState kUnreached[] = {HostState::kUnreachable, HostState::kAuthenticationFailed,
                                    HostState::kConnectTimeout, HostState::kThrottled};
constexpr HostState kEnds[] = {HostState::kSucceeded,      HostState::kSucceeded,
                               HostState::kSucceeded,      HostState::kSucceeded,
                               HostState::kSucceeded,      HostState::kExitedNonzero,
                               HostState::kSignaled,       HostState::kUnknown,
                               HostState::kCommandTimeout, HostState::kSucceeded};

}  // namespace

class SimulatedEngineRun::Control final : public engine::LoopControl {
 public:
  explicit Control(std::weak_ptr<SimulatedEngineRun> run) : run_(std::move(run)) {}
  void Grant(std::vector<uint32_t> hosts) override {
    const auto run = run_.lock();
    if (run == nullptr) return;
    run->Post([run = run.get(), hosts = std::move(hosts)] {
      for (const uint32_t host : hosts) run->Grant(host);
    });
  }
  void CancelHost(uint32_t host, Cause cause, std::string) override {
    const auto run = run_.lock();
    if (run == nullptr) return;
    run->Post([run = run.get(), host, cause] {
      SimulatedHost& simulated = run->hosts_.at(host);
      if (simulated.stage == Stage::kRunning) run->EndAs(&simulated, HostState::kCanceled, cause);
    });
  }

 private:
  const std::weak_ptr<SimulatedEngineRun> run_;
};

SimulatedEngineRun::SimulatedEngineRun(engine::Job job,
                                       std::shared_ptr<engine::RunObserver> observer,
                                       SimulatedTime* time, uint64_t seed, HostWitness* witness)
    : job_(std::move(job)),
      observer_(std::move(observer)),
      time_(time),
      seed_(seed),
      witness_(witness),
      chance_(seed) {}

void SimulatedEngineRun::LetGo() {
  gone_ = true;
  mail_.clear();
  loop_.reset();
  observer_.reset();
}

// --- What it is asked

void SimulatedEngineRun::Post(std::function<void()> message) {
  if (gone_) return;
  mail_.push_back(std::move(message));
  const absl::Duration most = chance_.OneIn(20) ? absl::Seconds(5) : absl::Milliseconds(1);
  time_->After(chance_.Between(absl::Microseconds(10), most),
               [self = shared_from_this()] { self->Deliver(); });
}

void SimulatedEngineRun::Deliver() {
  if (mail_.empty()) return;
  const std::function<void()> message = std::move(mail_.front());
  mail_.pop_front();
  if (loop_ == nullptr) Begin();
  message();
}

void SimulatedEngineRun::Begin() {
  if (gone_) return;
  loop_ = observer_->ForLoop(0, std::make_shared<Control>(weak_from_this()));
}

void SimulatedEngineRun::Add(std::vector<engine::Host> hosts) {
  Post([this, hosts = std::move(hosts)] {
    for (const engine::Host& host : hosts) {
      const auto added = hosts_.emplace(host.index, SimulatedHost{host, Chance(seed_, host.index)});
      EndIfItMust(&added.first->second);
      Schedule(&added.first->second, absl::Microseconds(1), absl::Milliseconds(10));
    }
  });
}

void SimulatedEngineRun::Finish() {
  Post([this] {
    finished_ = true;
    WantFlush();
  });
}

void SimulatedEngineRun::Cancel() {
  Post([this] {
    canceled_ = true;
    for (auto& entry : hosts_) EndIfItMust(&entry.second);
  });
}

void SimulatedEngineRun::StopStarting(std::string) {
  Post([this] {
    stopped_ = true;
    for (auto& entry : hosts_) EndIfItMust(&entry.second);
  });
}

void SimulatedEngineRun::SetPaused(bool paused) {
  Post([this, paused] {
    paused_ = paused;
    for (auto& entry : hosts_) {
      if (entry.second.stage != Stage::kQueued) continue;
      Schedule(&entry.second, absl::Microseconds(1), absl::Milliseconds(10));
    }
  });
}

void SimulatedEngineRun::EndIfItMust(SimulatedHost* host) {
  const bool queued = host->stage == Stage::kQueued;
  const bool waits = queued || host->stage == Stage::kConnecting || host->stage == Stage::kReady;
  if ((queued && stopped_) || (waits && canceled_)) EndAs(host, HostState::kNotStarted);
  if (host->stage == Stage::kRunning && canceled_) {
    Schedule(host, absl::Milliseconds(1), absl::Seconds(3));
  }
}

// --- The life of a host

void SimulatedEngineRun::Schedule(SimulatedHost* host, absl::Duration least, absl::Duration most) {
  const int turn = ++host->turn;
  time_->After(host->chance.Between(least, most),
               [self = shared_from_this(), index = host->host.index, turn] {
                 if (!self->gone_) self->Advance(index, turn);
               });
}

void SimulatedEngineRun::Advance(uint32_t index, int turn) {
  SimulatedHost& host = hosts_.at(index);
  if (host.turn != turn) return;
  switch (host.stage) {
    case Stage::kQueued:
      if (!paused_) Connect(&host);
      break;
    case Stage::kConnecting:
      BeReady(&host);
      break;
    case Stage::kReady:  // the session is lost, and made again
      host.stage = Stage::kConnecting;
      Schedule(&host, absl::Milliseconds(1), absl::Seconds(1));
      break;
    case Stage::kRunning:
      GoOnRunning(&host);
      break;
    case Stage::kEnded:
      break;
  }
}

void SimulatedEngineRun::Connect(SimulatedHost* host) {
  witness_->OnBusy(job_, host->host);
  host->stage = Stage::kConnecting;
  loop_->OnState(host->host.index, HostState::kConnecting);
  WantFlush();
  Schedule(host, absl::Microseconds(100), absl::Seconds(1));
}

void SimulatedEngineRun::BeReady(SimulatedHost* host) {
  if (host->chance.OneIn(12)) return EndAs(host, kUnreached[host->chance.Below(4)]);
  host->stage = Stage::kReady;
  ++host->turn;
  loop_->OnReady(host->host.index, absl::ZeroDuration());
  WantFlush();
  if (host->chance.OneIn(6)) Schedule(host, absl::Microseconds(10), absl::Seconds(2));
}

void SimulatedEngineRun::Grant(uint32_t index) {
  SimulatedHost& host = hosts_.at(index);
  if (host.stage != Stage::kReady) return;
  host.stage = Stage::kRunning;
  witness_->OnRequest(job_, index);
  loop_->OnState(index, HostState::kStarting);
  WantFlush();
  const absl::Duration most = host.chance.OneIn(30) ? absl::Hours(5) : absl::Seconds(1);
  Schedule(&host, absl::Microseconds(10), most);
}

void SimulatedEngineRun::GoOnRunning(SimulatedHost* host) {
  if (canceled_) return EndAs(host, HostState::kCanceled);
  if (host->chance.OneIn(3)) return EndAs(host, kEnds[host->chance.Below(10)]);
  const std::string text(1 + host->chance.Below(100), 'x');
  loop_->OnOutput(host->host.index, engine::OutputStream::kStdout, {text, false, false});
  WantFlush();
  Schedule(host, absl::Microseconds(10), absl::Seconds(1));
}

void SimulatedEngineRun::EndAs(SimulatedHost* host, HostState state, Cause cause) {
  if (host->stage != Stage::kQueued) witness_->OnIdle(job_, host->host);
  if (host->stage == Stage::kRunning) witness_->OnEnd(job_, host->host.index, state);
  host->stage = Stage::kEnded;
  ++host->turn;
  engine::HostOutcome outcome;
  outcome.state = state;
  outcome.cause = cause;
  loop_->OnEnd(host->host.index, outcome);
  WantFlush();
}

// An iteration of the loop joins what happens within a little time.
void SimulatedEngineRun::WantFlush() {
  if (std::exchange(flush_, true)) return;
  const absl::Duration most = chance_.OneIn(10) ? absl::Milliseconds(20) : absl::Milliseconds(1);
  time_->After(chance_.Between(absl::Microseconds(1), most), [self = shared_from_this()] {
    self->flush_ = false;
    if (self->gone_) return;
    self->loop_->Flush(self->time_->now());
    for (const auto& entry : self->hosts_) {
      if (entry.second.stage != Stage::kEnded) return;
    }
    if (self->finished_) self->LetGo();
  });
}

}  // namespace muster::service
