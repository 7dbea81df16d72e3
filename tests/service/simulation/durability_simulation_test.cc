// Runs on daemons that are killed, lose power, are taken over and cannot write, on simulated time:
// what must hold whatever happens. The seed of what failed is printed; with it alone:
//   MUSTER_SEED=17 bazel-bin/tests/service/durability_simulation_test
// MUSTER_SEEDS=100000 makes a long run of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "muster/v1/run_service.pb.h"
#include "proto/contract/states.h"
#include "service/events/event_block.h"
#include "service/runs/run_records.h"
#include "tests/service/simulation/simulated_daemon.h"

namespace muster::service {
namespace {

constexpr uint64_t kSeeds = 5000;
constexpr int kMaxSteps = 200'000;
// From then on nothing breaks any more.
constexpr absl::Duration kTrouble = absl::Seconds(20);

// Whether all that is meant to happen does, somewhere in all seeds.
struct Counts {
  std::map<std::string, uint64_t> of;
};

class NoReader final : public LogReader {
 public:
  void OnLogGrown() override {}
};

// Prepares what local callers ask, without files.
struct Preparing {
  Config config;
  std::unique_ptr<Authorizer> authorizer = *Authorizer::Create(config);
  FileCache files;
  RunPreparer preparer{&config, authorizer.get(), &files, RunSettings(), nullptr};
};

// What the world knows of a run, apart from what daemons believe.
struct Facts {
  v1::RunSpec spec;
  std::vector<v1::RunHost> hosts;
  bool acknowledged = false;
  bool refused = false;
  bool end_in_log = false;              // when the daemon started
  bool over = false;                    // was told
  std::vector<int> requests;            // by host
  std::vector<engine::HostState> ends;  // by host; kQueued: none
  std::vector<std::string> seen;        // events that were published, encoded
  size_t promised = 0;                  // of those, durable
  std::shared_ptr<LogReader> reader = std::make_shared<NoReader>();
};

class World final : public HostWitness {
 public:
  World(uint64_t seed, const RunPreparer* preparer, HelperPool* helpers, Counts* counts)
      : seed_(seed), parts_{&time_, this, helpers, preparer}, chance_(seed), counts_(counts) {
    disk_->SetFault([this](StoreWrite) { return Fault(); });
    Restart();
  }
  ~World() override {
    logs_.clear();
    old_.reset();
    daemon_.reset();
  }

  void Live() {
    MakeRuns();
    PlanTrouble();
    time_.After(kTrouble, [this] { EndTrouble(); });
    Operate();
    for (int step = 0; !AllOver(); ++step) {
      ASSERT_LT(step, kMaxSteps) << "does not come to an end: " << Standing();
      ASSERT_TRUE(time_.Step()) << "nothing is to happen any more";
      daemon_->Settle();
      if (old_ != nullptr) old_->Settle();
      if (dead_) Kill(chance_.OneIn(2));
      if (::testing::Test::HasFailure()) return;
    }
    CheckEnds();
  }

  // --- What the hosts see

  void OnBusy(const engine::Job& job, const engine::Host& host) override {
    const v1::RunSpec& spec = FactsOf(job).spec;
    if (IsProbe(job) || spec.rollout().lock().empty() || old_ != nullptr) return;
    EXPECT_TRUE(locked_.insert(host.address).second) << "two runs with one lock on a host";
  }
  void OnIdle(const engine::Job& job, const engine::Host& host) override {
    if (!IsProbe(job) && !FactsOf(job).spec.rollout().lock().empty()) locked_.erase(host.address);
  }
  void OnRequest(const engine::Job& job, uint32_t host) override {
    if (IsProbe(job)) return;
    Facts& facts = FactsOf(job);
    EXPECT_EQ(++facts.requests[host], 1) << "host " << host << " was asked twice";
    EXPECT_TRUE(IsStarting(IdOf(job), host)) << "no durable STARTING of host " << host;
    ++counts_->of["requested"];
  }
  void OnEnd(const engine::Job& job, uint32_t host, engine::HostState state) override {
    if (!IsProbe(job)) FactsOf(job).ends[host] = state;
  }

 private:
  // --- Runs

  static const std::string& LineOf(const engine::Job& job) {
    return std::get<engine::Command>(job.action).line;
  }
  static bool IsProbe(const engine::Job& job) { return absl::StrContains(LineOf(job), "probe"); }
  static std::string IdOf(const engine::Job& job) {
    return LineOf(job).substr(LineOf(job).find("run"), 4);
  }
  Facts& FactsOf(const engine::Job& job) { return facts_.at(IdOf(job)); }

  v1::RunSpec AnySpec(const std::string& id) {
    v1::RunSpec spec;
    spec.mutable_targets()->set_expression("all");
    spec.mutable_command()->set_shell(id);
    spec.set_continue_after_restart(chance_.OneIn(2));
    v1::Rollout* rollout = spec.mutable_rollout();
    for (uint32_t i = chance_.Below(4); i > 0; --i) {
      rollout->add_batches()->set_hosts(static_cast<uint32_t>(1 + chance_.Below(5)));
    }
    if (chance_.OneIn(3))
      rollout->mutable_max_failures()->set_hosts(static_cast<uint32_t>(chance_.Below(6)));
    if (chance_.OneIn(3)) rollout->mutable_batch_pause()->set_seconds(1 + chance_.Below(5));
    rollout->set_confirm_batches(chance_.OneIn(4));
    if (chance_.OneIn(3)) rollout->mutable_probe()->set_shell("probe " + id);
    if (chance_.OneIn(3)) rollout->set_lock("deploy");
    if (chance_.OneIn(4)) rollout->set_order(v1::HOST_ORDER_SHUFFLED);
    rollout->set_shuffle_seed(1 + chance_.Below(100));
    if (chance_.OneIn(4)) {
      spec.mutable_output_limits()->set_max_bytes_per_host(50);
      spec.mutable_output_limits()->set_policy(v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST);
    }
    return spec;
  }

  void MakeRuns() {
    for (uint32_t i = 1 + chance_.Below(3); i > 0; --i) {
      const std::string id = absl::StrCat("run", i);
      Facts& facts = facts_[id];
      facts.spec = AnySpec(id);
      facts.hosts.resize(1 + chance_.Below(20));
      for (size_t host = 0; host < facts.hosts.size(); ++host) {
        facts.hosts[host].set_address(absl::StrCat("host", host));
      }
      facts.requests.resize(facts.hosts.size());
      facts.ends.resize(facts.hosts.size(), engine::HostState::kQueued);
      time_.After(chance_.Between(absl::Milliseconds(1), absl::Seconds(2)),
                  [this, id, &facts] { Create(id, &facts); });
    }
  }

  void Create(const std::string& id, Facts* facts) {
    absl::StatusOr<PreparedRun> prepared =
        parts_.preparer->Prepare({Caller::Kind::kUid, "1"}, facts->spec, facts->hosts);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    const std::shared_ptr<Run> run =
        daemon_->Create(id, *std::move(prepared), [this, facts](const absl::Status& status) {
          facts->acknowledged = status.ok();
          facts->refused = !status.ok();
          if (facts->refused) ++counts_->of["runs refused"];
        });
    logs_[id] = run->log();
    created_.insert(id);
  }

  // Somebody who pauses, resumes and cancels, and who resumes in the end.
  void Operate() {
    time_.After(chance_.Between(absl::Milliseconds(10), absl::Seconds(5)), [this] { Operate(); });
    for (const std::shared_ptr<Run>& run : daemon_->runs()->Live()) {
      if (!facts_.at(run->id()).acknowledged || stopping_) continue;
      const uint32_t what = chance_.Below(12);
      if (what < 2 && !calm_) run->Pause("").IgnoreError();
      if (what > 5 || calm_) run->Resume().IgnoreError();
      if (what == 3 && !calm_ && chance_.OneIn(4))
        run->Cancel({v1::RUN_REASON_CANCEL_REQUESTED, "", ""});
    }
  }

  // --- Trouble

  void PlanTrouble() {
    for (uint32_t i = chance_.Below(4); i > 0; --i) AtSomeTime([this] { Break(); });
    for (uint32_t i = chance_.Below(3); i > 0; --i) AtSomeTime([this] { LoseDisk(); });
  }

  void AtSomeTime(std::function<void()> call) {
    time_.After(chance_.Between(absl::Milliseconds(1), kTrouble - absl::Seconds(1)),
                std::move(call));
  }

  void Break() {
    if (stopping_ || old_ != nullptr) return;
    switch (chance_.Below(5)) {
      case 0:
        return Kill(false);
      case 1:
        return Kill(true);
      case 2:  // in the middle of a turn, before the store's next write but so many
        dying_ = 1 + chance_.Below(4);
        return;
      case 3:
        return Stop();
      default:
        return TakeOver();
    }
  }

  void LoseDisk() {
    full_ = chance_.OneIn(2);
    broken_ = !full_;
    time_.After(chance_.Between(absl::Milliseconds(10), absl::Seconds(3)),
                [this] { full_ = broken_ = false; });
  }

  absl::Status Fault() {
    if (dying_ > 0 && --dying_ == 0) dead_ = true;
    if (dead_) return absl::UnavailableError("killed");
    if (full_) ++counts_->of["writes on a full disk"];
    if (full_) return absl::ResourceExhaustedError("full");
    if (!broken_ || !chance_.OneIn(2)) return absl::OkStatus();
    ++counts_->of["failed writes"];
    return absl::UnavailableError("broken");
  }

  void EndTrouble() {
    calm_ = true;
    full_ = broken_ = false;
    dying_ = 0;
    disk_->SetFault(nullptr);
  }

  // The process ends as it is.
  void Kill(bool power) {
    ++counts_->of[power ? "power losses" : "kills"];
    logs_.clear();
    daemon_.reset();
    if (power) old_.reset();
    if (power) disk_->LosePower();
    Restart();
    CheckStored(power);
  }

  // As Daemon::Stop: hosts under way may end, then all is left as it is.
  void Stop() {
    ++counts_->of["stops"];
    stopping_ = true;
    for (const std::shared_ptr<Run>& run : daemon_->runs()->Live()) {
      if (!facts_.at(run->id()).acknowledged) ++counts_->of["stops of a run that is being made"];
      run->Interrupt();
    }
    time_.After(chance_.Between(absl::Milliseconds(1), absl::Seconds(2)), [this] {
      for (const std::shared_ptr<Run>& run : daemon_->runs()->Live()) run->Freeze();
      daemon_->Settle();
      daemon_->journal()->Turn().IgnoreError();
      daemon_->journal()->Sync().IgnoreError();
      stopping_ = false;
      Kill(false);
    });
  }

  // The one before does not know it yet.
  void TakeOver() {
    ++counts_->of["take-overs"];
    old_logs_ = std::move(logs_);
    logs_.clear();
    for (const auto& [id, log] : old_logs_) old_ends_[id] = log->last_sequence();
    old_ = std::move(daemon_);
    Restart();
    CheckStored(false);
    time_.After(chance_.Between(absl::Milliseconds(1), absl::Seconds(5)), [this] {
      old_logs_.clear();
      old_.reset();
    });
  }

  void Restart() {
    dead_ = false;
    dying_ = 0;
    locked_.clear();
    daemon_ = std::make_unique<SimulatedDaemon>(disk_, seed_ + ++lives_, parts_,
                                                [this](SimulatedDaemon* on) { OnTurn(on); });
    for (auto& [id, facts] : facts_) {
      absl::StatusOr<absl::optional<NewRun>> run = daemon_->store().Find(id);
      if (!run->has_value()) continue;
      EXPECT_FALSE(facts.refused) << id << " was refused, and is there";
    }
    EXPECT_TRUE(daemon_->Recover().ok());
    for (const std::shared_ptr<Run>& run : daemon_->runs()->Live()) logs_[run->id()] = run->log();
  }

  // --- What must hold

  bool IsStarting(const std::string& id, uint32_t host) const {
    const auto unfinished = daemon_->store().Unfinished();
    for (const UnfinishedRun& run : *unfinished) {
      if (run.run.id() == id) return absl::c_binary_search(run.started, host);
    }
    // A daemon that does not know of its successor: that one has told what it had to assume.
    const auto results = daemon_->store().Results(id, host, 1, {});
    return results.ok() && results->at(0).state() == v1::HOST_STATE_OUTCOME_UNKNOWN;
  }

  void OnTurn(SimulatedDaemon* daemon) {
    if (daemon != daemon_.get()) {
      for (const auto& [id, log] : old_logs_) EXPECT_EQ(log->last_sequence(), old_ends_[id]);
      return;
    }
    for (const auto& [id, log] : logs_) Watch(id, log.get(), &facts_.at(id));
    if (!daemon->synced()) return;
    for (const auto& [id, log] : logs_) facts_.at(id).promised = facts_.at(id).seen.size();
  }

  void Watch(const std::string& id, RunLog* log, Facts* facts) {
    for (bool more = true; more;) {
      const absl::optional<RunLog::Batch> batch =
          log->Read(facts->seen.size(), 1 << 20, facts->reader);
      if (!batch.has_value()) return;
      std::string bytes;
      for (const grpc::Slice& slice : batch->slices) {
        bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
      if (batch->behind) {  // as LogFollower: what is not published is not to be seen
        bytes = daemon_->store().Read(id, facts->seen.size(), SIZE_MAX)->bytes;
        bytes.resize(SkipEvents(bytes, log->last_sequence() - facts->seen.size()));
      }
      See(id, bytes, facts);
      more = batch->more || batch->behind;
    }
  }

  static std::vector<v1::Event> Parse(const std::string& bytes) {
    v1::WatchRunResponse message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    return {message.events().begin(), message.events().end()};
  }

  void See(const std::string& id, const std::string& bytes, Facts* facts) {
    for (const v1::Event& event : Parse(bytes)) {
      EXPECT_EQ(event.sequence(), facts->seen.size() + 1) << id << ": a gap or a repetition";
      EXPECT_FALSE(facts->over) << id << ": an event after the end";
      facts->seen.push_back(event.SerializeAsString());
      if (event.has_run_state() && IsTerminal(event.run_state().state())) OnOver(id, event, facts);
    }
  }

  void OnOver(const std::string& id, const v1::Event& event, Facts* facts) {
    facts->over = true;
    facts->promised = facts->seen.size();
    // An end that the daemon before wrote to the log alone is durable there, and cannot change.
    if (facts->end_in_log) return;
    const v1::Run run = (*daemon_->store().Find(id))->run;
    EXPECT_EQ(run.state(), event.run_state().state()) << id << ": was told before it was durable";
    EXPECT_EQ(run.last_sequence(), facts->seen.size());
  }

  bool HasEnded(const std::string& id) const {
    const auto run = daemon_->store().Find(id);
    return run->has_value() && IsTerminal((*run)->run.state());
  }

  // After a restart.
  void CheckStored(bool power_lost) {
    for (auto& [id, facts] : facts_) {
      if (!facts.acknowledged) continue;
      const auto log = daemon_->store().Read(id, 0, SIZE_MAX);
      ASSERT_TRUE(log.ok()) << id << " was acknowledged: " << log.status();
      const std::vector<v1::Event> events = Parse(log->bytes);
      EXPECT_GE(events.size(), power_lost ? facts.promised : facts.seen.size())
          << id << ": events are lost";
      facts.seen.resize(std::min(facts.seen.size(), events.size()));
      for (size_t i = 0; i < facts.seen.size(); ++i) {
        EXPECT_EQ(events[i].SerializeAsString(), facts.seen[i]) << id << ": event " << i + 1;
      }
      facts.end_in_log = !events.empty() && events.back().has_run_state() &&
                         IsTerminal(events.back().run_state().state());
      // It ended, and the daemon did too before it could tell.
      if (logs_.count(id) == 0) {
        const size_t seen = facts.seen.size();
        See(id, daemon_->store().Read(id, seen, SIZE_MAX)->bytes, &facts);
      }
    }
  }

  std::string Standing() const {
    std::string text;
    for (const std::shared_ptr<Run>& run : daemon_->runs()->Live()) {
      if (!facts_.at(run->id()).refused) {
        absl::StrAppend(&text, "\n", run->Snapshot().ShortDebugString());
      }
    }
    return text;
  }

  bool AllOver() {
    if (!calm_ || old_ != nullptr) return false;
    return std::all_of(facts_.begin(), facts_.end(), [&](const auto& entry) {
      if (created_.count(entry.first) == 0) return false;
      if (entry.second.refused) return true;
      if (entry.second.over) return HasEnded(entry.first);
      return !entry.second.acknowledged && !(*daemon_->store().Find(entry.first)).has_value();
    });
  }

  void CheckEnds() {
    for (auto& [id, facts] : facts_) {
      if (facts.over) CheckEnd(id, &facts);
      if (facts.refused) {
        EXPECT_EQ(absl::c_accumulate(facts.requests, 0), 0) << id;
      }
    }
  }

  void CheckEnd(const std::string& id, Facts* facts) {
    std::map<uint32_t, v1::HostState> told;
    for (const v1::Event& event : Parse(daemon_->store().Read(id, 0, SIZE_MAX)->bytes)) {
      if (!event.has_host_finished()) continue;
      const v1::HostFinished& finished = event.host_finished();
      EXPECT_TRUE(told.emplace(finished.host_index(), finished.outcome().state()).second)
          << id << ": host " << finished.host_index() << " ended twice";
    }
    const auto results = daemon_->store().Results(id, 0, UINT32_MAX, {});
    ASSERT_TRUE(results.ok()) << results.status();
    ASSERT_EQ(results->size(), facts->hosts.size());
    for (const v1::HostResult& result : *results) {
      EXPECT_EQ(result.state(), told[result.host_index()])
          << id << ": host " << result.host_index();
      CheckHonest(id, result, *facts);
    }
  }

  void CheckHonest(const std::string& id, const v1::HostResult& result, const Facts& facts) {
    ++counts_->of["hosts"];
    if (result.state() == v1::HOST_STATE_OUTCOME_UNKNOWN) ++counts_->of["hosts UNKNOWN"];
    const std::string who = absl::StrCat(id, ": host ", result.host_index(), " is said to be ",
                                         v1::HostState_Name(result.state()));
    const bool asked = facts.requests[result.host_index()] > 0;
    const bool ended = static_cast<int>(facts.ends[result.host_index()]) == result.state();
    switch (result.state()) {
      case v1::HOST_STATE_OUTCOME_UNKNOWN:
        break;
      case v1::HOST_STATE_NOT_STARTED:
      case v1::HOST_STATE_UNREACHABLE:
      case v1::HOST_STATE_THROTTLED:
      case v1::HOST_STATE_AUTHENTICATION_FAILED:
      case v1::HOST_STATE_CONNECT_TIMEOUT:
        EXPECT_FALSE(asked) << who;
        break;
      default:
        EXPECT_TRUE(asked && ended) << who;
    }
  }

  const uint64_t seed_;
  SimulatedTime time_;
  const SimulationParts parts_;
  Chance chance_;
  Counts* const counts_;
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  uint64_t lives_ = 0;
  std::map<std::string, Facts> facts_;
  std::set<std::string> created_;
  std::set<std::string> locked_;  // hosts
  std::unique_ptr<SimulatedDaemon> daemon_;
  std::map<std::string, std::shared_ptr<RunLog>> logs_;  // the daemon's
  std::unique_ptr<SimulatedDaemon> old_;                 // has been taken over
  std::map<std::string, std::shared_ptr<RunLog>> old_logs_;
  std::map<std::string, uint64_t> old_ends_;

  bool calm_ = false;
  bool stopping_ = false;
  bool full_ = false;
  bool broken_ = false;
  uint32_t dying_ = 0;  // writes until the process ends
  bool dead_ = false;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  uint64_t value = otherwise;
  if (text != nullptr && !absl::SimpleAtoi(text, &value)) ADD_FAILURE() << name << "=" << text;
  return value;
}

TEST(DurabilitySimulationTest, WhateverHappensItIsToldAsItWas) {
  const Preparing preparing;
  HelperPool helpers(1);
  Counts counts;
  const uint64_t first = FromEnvironment("MUSTER_SEED", 1);
  const uint64_t count =
      std::getenv("MUSTER_SEED") != nullptr ? 1 : FromEnvironment("MUSTER_SEEDS", kSeeds);
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE(absl::StrCat("MUSTER_SEED=", seed));
    World(seed, &preparing.preparer, &helpers, &counts).Live();
    if (HasFailure()) break;
  }
  for (const auto& [what, number] : counts.of) std::cout << what << ": " << number << "\n";
}

}  // namespace
}  // namespace muster::service
