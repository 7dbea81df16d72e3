// What Run makes of its rollout: batches, pauses, probes, locks; and what it takes up from an
// earlier daemon. The rules themselves are in rollout/rollout_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/runs/run.h"
#include "tests/service/amounts.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using engine::HostState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::RunSpec Batches(std::initializer_list<v1::HostAmount> batches) {
  v1::RunSpec spec;
  for (const v1::HostAmount& batch : batches) *spec.mutable_rollout()->add_batches() = batch;
  return spec;
}

class RunRolloutTest : public ::testing::Test {
 protected:
  std::shared_ptr<service::Run> Make(const std::string& id, RunPlan plan) {
    auto run = std::make_shared<service::Run>(id, std::move(plan), now_, daemon_.parts(),
                                              [](const auto&) {});
    AddToStore(*run);
    return run;
  }
  void AddToStore(const service::Run& run) {
    daemon_.journal.AddRun(run.Record(), run.log(), run.FirstEvents(), now_,
                           [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
    Turn();
  }
  void Begin(RunPlan plan) {
    run_ = Make("id", std::move(plan));
    run_->Begin({}, {}, {Reach{access_, ""}});
    engine_ = daemon_.engine.runs().at(0);
  }
  // As the next daemon finds it, with the same log.
  void TakeUp(RunPlan plan, RunPast past) {
    Make("id", plan);
    past.last_sequence = 2;
    past.create_time = now_;
    run_ = std::make_shared<service::Run>("id", std::move(plan), past, daemon_.parts(),
                                          [](const auto&) {});
  }
  static HostUpdate Ended(uint32_t host, v1::HostState state) {
    HostUpdate update;
    update.host_index = host;
    update.state = state;
    update.outcome.set_state(state);
    return update;
  }
  static HostUpdate Lost(uint32_t host) {
    HostUpdate update;
    update.host_index = host;
    return update;
  }
  void Turn() { EXPECT_TRUE(daemon_.Turn().ok()); }
  std::vector<v1::Event> Events() { return StoredEvents(daemon_.store, "id"); }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  FakeDaemon daemon_;
  const std::shared_ptr<const engine::Access> access_ = std::make_shared<engine::Access>();
  std::shared_ptr<service::Run> run_;
  std::shared_ptr<FakeEngineRun> engine_;
};

TEST_F(RunRolloutTest, ABatchBeginsWhenTheOneBeforeHasEnded) {
  Begin(PlanOf(3, Batches({Hosts(1), Percent(100)})));
  EXPECT_THAT(engine_->asked().added, ElementsAre(0));
  engine_->EndNow(0);
  EXPECT_THAT(engine_->asked().added, ElementsAre(0, 1, 2));
  Turn();
  EXPECT_EQ(Events().back().batch_started().batch(), 2u);
  EXPECT_EQ(Events().back().batch_started().hosts(), 2u);
  EXPECT_EQ(run_->Snapshot().batch(), 2u);
  EXPECT_EQ(run_->Snapshot().batch_count(), 2u);
}

TEST_F(RunRolloutTest, PastMaxFailuresNoFurtherHostIsStarted) {
  v1::RunSpec spec = Batches({Hosts(2)});
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Begin(PlanOf(4, spec));
  engine_->EndNow(1, HostState::kExitedNonzero);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_STOPPING);
  EXPECT_THAT(engine_->asked().stop_message, HasSubstr("1 host has failed"));
  EXPECT_EQ(engine_->asked().cancels, 0);
  engine_->EndNow(0);
  Turn();
  EXPECT_THAT(StatesOf(*run_), ElementsAre(v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_EXITED_NONZERO,
                                           v1::HOST_STATE_NOT_STARTED, v1::HOST_STATE_NOT_STARTED));
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(run_->Snapshot().message(), HasSubstr("1 host has failed"));
}

TEST_F(RunRolloutTest, PausedAndResumed) {
  Begin(PlanOf(2, Batches({Hosts(1)})));
  EXPECT_TRUE(run_->Pause("uid:1").ok());
  EXPECT_TRUE(run_->Pause("uid:1").ok());
  EXPECT_TRUE(engine_->asked().paused);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_PAUSED);
  engine_->EndNow(0);
  EXPECT_THAT(engine_->asked().added, ElementsAre(0));
  EXPECT_TRUE(run_->Resume().ok());
  EXPECT_FALSE(engine_->asked().paused);
  EXPECT_THAT(engine_->asked().added, ElementsAre(0, 1));
  run_->Cancel(Canceled());
  EXPECT_TRUE(absl::IsFailedPrecondition(run_->Pause("uid:1")));
  engine_->EndNow(1, HostState::kCanceled);
  Turn();
  EXPECT_TRUE(absl::IsFailedPrecondition(run_->Resume()));
}

TEST_F(RunRolloutTest, BatchesThatAreConfirmedPauseTheRun) {
  v1::RunSpec spec = Batches({Hosts(1)});
  spec.mutable_rollout()->set_confirm_batches(true);
  Begin(PlanOf(2, spec));
  engine_->EndNow(0);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_PAUSED);
  EXPECT_THAT(run_->Snapshot().message(), HasSubstr("batch 1 of 2 has ended"));
  EXPECT_TRUE(run_->Resume().ok());
  EXPECT_THAT(engine_->asked().added, ElementsAre(0, 1));
}

TEST_F(RunRolloutTest, TheNextBatchComesAfterTheBatchPause) {
  v1::RunSpec spec = Batches({Hosts(1)});
  spec.mutable_rollout()->mutable_batch_pause()->set_seconds(60);
  Begin(PlanOf(2, spec));
  engine_->EndNow(0);
  daemon_.timers.Pass(absl::Seconds(59));
  EXPECT_THAT(engine_->asked().added, ElementsAre(0));
  daemon_.timers.Pass(absl::Seconds(1));
  EXPECT_THAT(engine_->asked().added, ElementsAre(0, 1));
  engine_->EndNow(1);
  Turn();
  EXPECT_TRUE(run_->over());
}

TEST_F(RunRolloutTest, ProbesComeBetweenBatchesAndAFailedOneCounts) {
  v1::RunSpec spec = Batches({Hosts(2), Hosts(1)});
  spec.mutable_rollout()->mutable_probe()->set_shell("true");
  spec.mutable_rollout()->mutable_max_failures()->set_hosts(0);
  Begin(PlanOf(3, spec));
  engine_->EndNow(0);
  engine_->EndNow(1);
  ASSERT_EQ(daemon_.engine.runs().size(), 2u);
  FakeEngineRun& probe = *daemon_.engine.runs()[1];
  EXPECT_THAT(probe.asked().added, ElementsAre(0, 1));
  EXPECT_EQ(probe.asked().access, access_);
  EXPECT_EQ(probe.asked().finishes, 1);
  probe.Ready(0);
  EXPECT_THAT(probe.asked().granted, ElementsAre(0));  // without the journal
  probe.Output(1, "no\n");
  probe.EndNow(0);
  probe.EndNow(1, HostState::kExitedNonzero);
  Turn();
  EXPECT_THAT(StatesOf(*run_), ElementsAre(v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_SUCCEEDED,
                                           v1::HOST_STATE_NOT_STARTED));
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_FAILED);
  int probes = 0;
  for (const v1::Event& event : Events()) probes += event.has_probe_finished() ? 1 : 0;
  EXPECT_EQ(probes, 2);
}

TEST_F(RunRolloutTest, TwoRunsWithOneLockTakeTurnsOnEachHost) {
  v1::RunSpec spec;
  spec.mutable_rollout()->set_lock("deploy");
  Begin(PlanOf(2, spec));
  const auto other = Make("other", PlanOf(1, spec));
  other->Begin({}, {}, {Reach()});
  FakeEngineRun& others = *daemon_.engine.runs()[1];
  EXPECT_THAT(engine_->asked().added, ElementsAre(0, 1));
  EXPECT_THAT(others.asked().added, IsEmpty());
  engine_->EndNow(1);
  EXPECT_THAT(others.asked().added, IsEmpty());
  engine_->EndNow(0);
  EXPECT_THAT(others.asked().added, ElementsAre(0));
  others.EndNow(0);
  EXPECT_EQ(daemon_.locks.tickets(), 0u);
}

TEST_F(RunRolloutTest, AStopWithdrawsFromTheLinesForLocks) {
  v1::RunSpec spec;
  spec.mutable_rollout()->set_lock("deploy");
  Begin(PlanOf(1, spec));
  const auto waiting = Make("waiting", PlanOf(1, spec));
  waiting->Begin({}, {}, {Reach()});
  FakeEngineRun& asked = *daemon_.engine.runs()[1];
  waiting->Cancel(Canceled());
  EXPECT_THAT(asked.asked().added, ElementsAre(0));  // to be ended by the engine
  EXPECT_EQ(asked.asked().cancels, 1);
  EXPECT_EQ(daemon_.locks.tickets(), 1u);
  asked.EndNow(0, HostState::kNotStarted);
  Turn();
  EXPECT_TRUE(waiting->over());
  engine_->EndNow(0);
  EXPECT_EQ(daemon_.locks.tickets(), 0u);
  EXPECT_THAT(asked.asked().added, ElementsAre(0));
}

// --- Of an earlier daemon

TEST_F(RunRolloutTest, ClosedOnItsLostHostsAreUnknownAndTheOthersNotStarted) {
  RunPast past;
  past.ended = {Ended(0, v1::HOST_STATE_SUCCEEDED)};
  past.end_times = {now_};
  past.lost.push_back(Lost(2));
  TakeUp(PlanOf(4), past);
  run_->Close({v1::RUN_REASON_DAEMON_LOST, "musterd was ended.", ""});
  Turn();
  EXPECT_THAT(StatesOf(*run_),
              ElementsAre(v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_NOT_STARTED,
                          v1::HOST_STATE_OUTCOME_UNKNOWN, v1::HOST_STATE_NOT_STARTED));
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_FAILED);  // nobody canceled it
  EXPECT_THAT(daemon_.engine.runs(), IsEmpty());
  EXPECT_EQ(Events().back().run_state().message(), "musterd was ended.");
  EXPECT_EQ(daemon_.store.Results("id", 2, 1, {})->at(0).outcome().cause(), v1::CAUSE_DAEMON_LOST);
}

TEST_F(RunRolloutTest, ContinuedItStartsOnlyHostsThatWereNotStarted) {
  RunPast past;
  past.ended = {Ended(0, v1::HOST_STATE_SUCCEEDED)};
  past.end_times = {now_};
  past.lost.push_back(Lost(1));
  TakeUp(PlanOf(4), past);
  run_->Begin({}, {}, {Reach()});
  FakeEngineRun& asked = *daemon_.engine.runs().at(0);
  EXPECT_THAT(asked.asked().added, ElementsAre(2, 3));
  asked.EndNow(2);
  asked.EndNow(3);
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(StatesOf(*run_), ElementsAre(v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_OUTCOME_UNKNOWN,
                                           v1::HOST_STATE_SUCCEEDED, v1::HOST_STATE_SUCCEEDED));
}

TEST_F(RunRolloutTest, ContinuedItIsStillPaused) {
  RunPast past;
  past.state = v1::RUN_STATE_PAUSED;
  TakeUp(PlanOf(1), past);
  run_->Begin({}, {}, {Reach()});
  EXPECT_THAT(daemon_.engine.runs().at(0)->asked().added, IsEmpty());
  EXPECT_TRUE(run_->Resume().ok());
  EXPECT_THAT(daemon_.engine.runs().at(0)->asked().added, ElementsAre(0));
}

}  // namespace
}  // namespace muster::service
