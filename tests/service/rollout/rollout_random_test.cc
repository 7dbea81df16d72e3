// Rollouts of hosts that fail and are interrupted by chance: what must hold in every one of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <vector>

#include "service/rollout/rollout.h"

namespace muster::service {
namespace {

using Past = RolloutPast::Host;

constexpr uint64_t kSeeds = 5000;

// Hosts, an operator, and daemons that come and go, driven by one seed. Remembers what the hosts
// themselves saw, apart from what the rollout believes.
class World {
 public:
  explicit World(uint64_t seed) : random_(seed), plan_(AnyPlan()), hosts_(plan_.order.size()) {
    NewDaemon();
  }

  void Live() {
    Apply(rollout_->Begin());
    for (int step = 0; !over_ && step < 10'000; ++step) Step();
    ASSERT_TRUE(over_) << "does not end";
    CheckEnd();
  }

 private:
  struct Host {
    int starts = 0;
    int probes_ok = 0;
    bool ended = false;
    bool succeeded = false;
    bool failed = false;  // it or its probe
    bool not_started = false;
  };

  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

  RolloutPlan AnyPlan() {
    RolloutPlan plan;
    plan.order.resize(1 + Below(30));
    std::iota(plan.order.begin(), plan.order.end(), 0);
    std::shuffle(plan.order.begin(), plan.order.end(), random_);
    for (size_t end = 0; end < plan.order.size();) {
      end = std::min<size_t>(end + 1 + Below(10), plan.order.size());
      plan.batch_ends.push_back(end);
    }
    if (OneIn(2)) plan.max_failures = Below(10);
    if (OneIn(2)) plan.batch_pause = absl::Seconds(1 + Below(100));
    plan.confirm_batches = OneIn(3);
    plan.probe = OneIn(2);
    return plan;
  }

  void NewDaemon() {
    RolloutPast past;
    past.batch = told_batch_;
    for (Host& host : hosts_) {
      // What was under way is UNKNOWN, and its probe has no result.
      if (host.starts > 0 && !host.ended) host.ended = host.failed = true;
      past.hosts.push_back(!host.ended          ? Past::kWaiting
                           : host.failed        ? Past::kFailed
                           : host.probes_ok > 0 ? Past::kProbed
                                                : Past::kSucceeded);
    }
    rollout_.emplace(plan_, past);
    running_.clear();
    probing_.clear();
    paused_ = timer_ = false;
  }

  void Step() {
    const uint32_t what = Below(40);
    if (what == 0) return TogglePause();
    if (what == 1 && OneIn(10)) return Stop();
    if (what == 2 && OneIn(4) && !stopped_) return Restart();
    if (what < 20 && !probing_.empty()) return EndProbe();
    if (!running_.empty()) return EndHost();
    if (!probing_.empty()) return EndProbe();
    if (timer_) return Fire();
    ASSERT_TRUE(paused_) << "nothing is under way, and nothing is waited for";
    Apply(rollout_->Resume());
  }

  void TogglePause() { Apply(paused_ ? rollout_->Resume() : rollout_->Pause()); }

  void Stop() { Apply(rollout_->Stop({v1::RUN_REASON_CANCEL_REQUESTED, "by chance", ""})); }

  void Restart() {
    NewDaemon();
    Apply(rollout_->Begin());
  }

  void Fire() {
    timer_ = false;
    Apply(rollout_->TimerFired());
  }

  uint32_t TakeAny(std::vector<uint32_t>* hosts) {
    std::swap((*hosts)[Below(static_cast<uint32_t>(hosts->size()))], hosts->back());
    const uint32_t host = hosts->back();
    hosts->pop_back();
    return host;
  }

  void EndHost() {
    const uint32_t index = TakeAny(&running_);
    Host& host = hosts_[index];
    host.ended = true;
    host.succeeded = !OneIn(4);
    host.failed = !host.succeeded;
    Apply(rollout_->HostEnded(index, host.succeeded));
  }

  void EndProbe() {
    const uint32_t index = TakeAny(&probing_);
    const bool well = !OneIn(6);
    if (well) {
      ++hosts_[index].probes_ok;
    } else {
      hosts_[index].failed = true;
    }
    Apply(rollout_->ProbeEnded(index, well));
  }

  void Apply(const RolloutActions& actions) {
    ASSERT_FALSE(over_) << "something after the end";
    if (actions.running) paused_ = !*actions.running;
    if (actions.running && !paused_ && running_.empty()) resumed_ = true;
    if (actions.stop) Stopped(actions);
    for (const uint32_t host : actions.not_started) NotStarted(host);
    if (actions.batch) BatchBegan(actions);
    if (!actions.start.empty()) CheckStart(actions);
    for (const uint32_t host : actions.start) Start(host);
    if (!actions.probe.empty()) CheckProbe();
    for (const uint32_t host : actions.probe) Probe(host);
    if (actions.timer) {
      ASSERT_FALSE(timer_) << "two timers";
      timer_ = true;
    }
    over_ = actions.over;
  }

  size_t Failures() const {
    return std::count_if(hosts_.begin(), hosts_.end(), [](const Host& h) { return h.failed; });
  }

  bool TooManyFailed() const { return plan_.max_failures && Failures() > *plan_.max_failures; }

  void Stopped(const RolloutActions& actions) {
    ASSERT_FALSE(stopped_) << "stopped twice";
    ASSERT_FALSE(actions.why.message.empty());
    stopped_ = true;
    paused_ = false;
  }

  void NotStarted(uint32_t index) {
    Host& host = hosts_[index];
    ASSERT_TRUE(stopped_);
    ASSERT_TRUE(host.starts == 0 && !host.not_started) << index;
    host.ended = host.not_started = true;
  }

  void BatchBegan(const RolloutActions& actions) {
    ASSERT_EQ(*actions.batch, told_batch_ + 1) << "a batch was left out, or told twice";
    told_batch_ = *actions.batch;
    ASSERT_LE(told_batch_, plan_.batch_ends.size());
    ASSERT_GT(plan_.batch_ends.size(), 1u);
    ASSERT_TRUE(told_batch_ == 1 || !plan_.confirm_batches || resumed_) << "not confirmed";
    resumed_ = false;
  }

  void CheckStart(const RolloutActions& actions) {
    ASSERT_FALSE(stopped_) << "a start after the stop";
    ASSERT_FALSE(paused_) << "a start while paused";
    ASSERT_FALSE(timer_) << "a start before the time has passed";
    ASSERT_FALSE(TooManyFailed()) << "a start though too many have failed";
    ASSERT_TRUE(running_.empty() && probing_.empty()) << "two batches at a time";
    const size_t batch = plan_.batch_ends.size() > 1 ? told_batch_ : 1;
    for (size_t place = 0; place < plan_.batch_ends[batch - 1]; ++place) {
      const uint32_t host = plan_.order[place];
      const bool now = std::count(actions.start.begin(), actions.start.end(), host) > 0;
      ASSERT_TRUE(hosts_[host].ended != now) << "the batch is not begun as a whole: " << host;
    }
    ASSERT_EQ(Started() + actions.start.size(), plan_.batch_ends[batch - 1]) << "past the batch";
  }

  size_t Started() const {
    return std::count_if(hosts_.begin(), hosts_.end(), [](const Host& h) { return h.starts > 0; });
  }

  void Start(uint32_t index) {
    ASSERT_EQ(++hosts_[index].starts, 1) << index;
    running_.push_back(index);
  }

  void CheckProbe() {
    ASSERT_TRUE(plan_.probe);
    ASSERT_FALSE(stopped_ || paused_ || timer_);
    ASSERT_TRUE(running_.empty() && probing_.empty());
    ASSERT_LT(told_batch_, plan_.batch_ends.size()) << "a probe after the last batch";
  }

  void Probe(uint32_t index) {
    ASSERT_TRUE(hosts_[index].succeeded && !hosts_[index].failed) << index;
    ASSERT_EQ(hosts_[index].probes_ok, 0) << index;
    probing_.push_back(index);
  }

  void CheckEnd() {
    ASSERT_TRUE(running_.empty() && probing_.empty());
    for (const Host& host : hosts_) {
      ASSERT_TRUE(host.ended);
      ASSERT_EQ(host.starts, host.not_started ? 0 : 1);
      ASSERT_TRUE(stopped_ || !host.not_started);
    }
    if (!stopped_ && TooManyFailed()) {
      ASSERT_EQ(Started(), hosts_.size());  // those of the last batch
    }
    if (plan_.probe && !stopped_) CheckAllProbed();
  }

  void CheckAllProbed() {
    const size_t last = plan_.batch_ends.size() < 2 ? 0 : *(plan_.batch_ends.end() - 2);
    for (size_t place = 0; place < last; ++place) {
      const Host& host = hosts_[plan_.order[place]];
      ASSERT_TRUE(host.failed || host.probes_ok == 1) << "a host was not probed";
    }
  }

  std::mt19937_64 random_;
  const RolloutPlan plan_;
  std::vector<Host> hosts_;
  absl::optional<Rollout> rollout_;
  std::vector<uint32_t> running_;
  std::vector<uint32_t> probing_;
  uint32_t told_batch_ = 0;
  bool paused_ = false;
  bool resumed_ = false;  // since every host of the batch has ended
  bool timer_ = false;
  bool stopped_ = false;
  bool over_ = false;
};

TEST(RolloutRandomTest, KeepsTheRules) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World(seed).Live();
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace muster::service
