// Recovery and what it reads: one daemon ends in the middle of a run, and the next takes it up.
#include "service/runs/recovery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/time/clock.h"
#include "proto/contract/times.h"
#include "service/runs/run_past.h"
#include "tests/service/artifacts/test_artifacts.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using engine::HostState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::RunSpec Spec(bool continued) {
  v1::RunSpec spec;
  spec.mutable_targets()->set_expression("host[0-3]");
  spec.mutable_command()->set_shell("true");
  spec.set_continue_after_restart(continued);
  return spec;
}

v1::RunSpec SpecThatReads(const std::string& artifact) {
  v1::RunSpec spec = Spec(true);
  spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact(artifact);
  return spec;
}

class RecoveryTest : public ::testing::Test {
 protected:
  // Host 0 has succeeded, 1 writes, 2 was only started, 3 was not.
  void LeaveBehind(const v1::RunSpec& spec) {
    auto run = std::make_shared<service::Run>("id", PlanOf(4, spec), now_, first_.parts(),
                                              [](const auto&) {});
    first_.journal.AddRun(run->Record(), run->log(), run->FirstEvents(), now_,
                          [](const absl::Status&) {});
    run->Begin({}, {}, {Reach()});
    FakeEngineRun& engine = *first_.engine.runs().at(0);
    for (const uint32_t host : {0, 1, 2}) engine.Ready(host);
    engine.Flush();
    ASSERT_TRUE(first_.Turn().ok());
    engine.Output(0, "out\n");
    engine.End(0);
    engine.Flush();
    ASSERT_TRUE(first_.Turn().ok());
    engine.Output(1, "lost\n", engine::OutputStream::kStderr);
    engine.Flush();
    ASSERT_TRUE(first_.Turn().ok());
  }
  void Recover() {
    RunStarter starter(&next_->store, &preparer_, &*runs_, &activity_, {});
    EXPECT_TRUE(service::Recover(next_->store, preparer_, &starter).ok());
    EXPECT_TRUE(next_->Turn().ok());
  }
  void StartNext() {
    next_.emplace(first_.disk);
    runs_.emplace(&next_->store, next_->parts(), 10, [](const auto&) {});
  }
  bool idle() const {
    return activity_.IdleFor(Activity::Clock::now() + std::chrono::hours(1)) > absl::ZeroDuration();
  }
  std::vector<v1::HostResult> Results() { return *next_->store.Results("id", 0, 10, {}); }

  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  Config config_;
  std::unique_ptr<Authorizer> authorizer_ = *Authorizer::Create(config_);
  FileCache files_;
  TestArtifacts artifacts_;
  RunPreparer preparer_{&config_, authorizer_.get(), &files_, RunSettings(), artifacts_.store()};
  FakeDaemon first_;
  absl::optional<FakeDaemon> next_;
  absl::optional<Runs> runs_;
  Activity activity_{Activity::Clock::now()};
};

TEST_F(RecoveryTest, TheLogTellsWhatIsKnown) {
  LeaveBehind(Spec(false));
  const auto unfinished = first_.store.Unfinished();
  const auto read = ReadRunPast(first_.store, unfinished->at(0));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->hosts.size(), 4u);
  EXPECT_EQ(read->past.create_time, now_);
  ASSERT_EQ(read->past.ended.size(), 1u);
  EXPECT_EQ(read->past.ended[0].state, v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(read->past.ended[0].stdout_bytes, 4u);
  ASSERT_EQ(read->past.lost.size(), 2u);
  EXPECT_EQ(read->past.lost[0].host_index, 1u);
  EXPECT_EQ(read->past.lost[0].stderr_bytes, 5u);
  EXPECT_EQ(read->past.lost[1].host_index, 2u);
  EXPECT_EQ(read->past.output_bytes, 9u);
  EXPECT_EQ(read->past.last_sequence, StoredEvents(first_.store, "id").size());
}

TEST_F(RecoveryTest, ARunIsClosedAsItIsKnown) {
  LeaveBehind(Spec(false));
  StartNext();
  Recover();
  EXPECT_FALSE(idle());  // until its owner says that it is over
  EXPECT_TRUE(runs_->Live().empty());
  const v1::Run run = (*next_->store.Find("id"))->run;
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run.message(), "musterd was ended in the middle of the run.");
  EXPECT_EQ(Results()[0].state(), v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(Results()[1].state(), v1::HOST_STATE_OUTCOME_UNKNOWN);
  EXPECT_EQ(Results()[1].stderr_bytes(), 5u);
  EXPECT_EQ(Results()[3].state(), v1::HOST_STATE_NOT_STARTED);
  EXPECT_EQ(StoredEvents(next_->store, "id").size(), run.last_sequence());
}

TEST_F(RecoveryTest, OneThatAsksForItIsContinuedWithTheHostsThatWereNotStarted) {
  v1::RunSpec spec = Spec(true);
  spec.mutable_login()->add_jump_hosts("gate");
  LeaveBehind(spec);
  StartNext();
  Recover();
  ASSERT_EQ(next_->engine.runs().size(), 1u);
  FakeEngineRun& engine = *next_->engine.runs()[0];
  EXPECT_THAT(std::get<engine::Command>(engine.job().action).line, HasSubstr("true"));
  const std::shared_ptr<const engine::Access> access = engine.asked().access;
  ASSERT_EQ(access->jump_hosts.size(), 1u);
  EXPECT_EQ(access->jump_hosts[0].address, "gate");
  EXPECT_THAT(engine.asked().added, ElementsAre(3));
  engine.EndNow(3);
  EXPECT_TRUE(next_->Turn().ok());
  EXPECT_EQ(Results()[2].state(), v1::HOST_STATE_OUTCOME_UNKNOWN);
  EXPECT_EQ(Results()[3].state(), v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ((*next_->store.Find("id"))->run.state(), v1::RUN_STATE_FAILED);
}

// Who watched it with the daemon that is gone has to find the new one first.
TEST_F(RecoveryTest, ACreatorHasFifteenSecondsAtLeastToComeBack) {
  v1::RunSpec spec = Spec(true);
  spec.mutable_cancel_after_disconnect();
  LeaveBehind(spec);
  StartNext();
  Recover();
  FakeEngineRun& engine = *next_->engine.runs().at(0);
  next_->timers.Pass(absl::Milliseconds(14'999));
  EXPECT_EQ(engine.asked().cancels, 0);
  next_->timers.Pass(absl::Milliseconds(1));
  EXPECT_EQ(engine.asked().cancels, 1);
  engine.EndNow(3, HostState::kCanceled);
  EXPECT_TRUE(next_->Turn().ok());
  const v1::Run run = (*next_->store.Find("id"))->run;
  EXPECT_EQ(run.state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(run.reason(), v1::RUN_REASON_CALLER_GONE);
}

TEST_F(RecoveryTest, ACreatorWhoComesBackInTimeKeepsHisRun) {
  v1::RunSpec spec = Spec(true);
  spec.mutable_cancel_after_disconnect()->set_seconds(60);
  LeaveBehind(spec);
  StartNext();
  Recover();
  FakeEngineRun& engine = *next_->engine.runs().at(0);
  next_->timers.Pass(absl::Seconds(59));
  runs_->Live().at(0)->OnCreatorCame();
  next_->timers.Pass(absl::Hours(1));
  EXPECT_EQ(engine.asked().cancels, 0);
  runs_->Live().at(0)->OnCreatorLeft();
  next_->timers.Pass(absl::Seconds(60));
  EXPECT_EQ(engine.asked().cancels, 1);
}

TEST_F(RecoveryTest, TheRunTimeoutGoesOnFromTheRunsStart) {
  now_ = absl::Now() - absl::Minutes(40);
  v1::RunSpec spec = Spec(true);
  spec.mutable_timeouts()->mutable_run()->set_seconds(3600);
  LeaveBehind(spec);
  StartNext();
  Recover();
  EXPECT_EQ(TimeOf(runs_->Live().at(0)->Snapshot().start_time()), now_);
  FakeEngineRun& engine = *next_->engine.runs().at(0);
  next_->timers.Pass(absl::Minutes(19));
  EXPECT_EQ(engine.asked().cancels, 0);
  next_->timers.Pass(absl::Minutes(1));
  EXPECT_EQ(engine.asked().cancels, 1);
}

TEST_F(RecoveryTest, WhatCannotBeContinuedSaysWhy) {
  v1::RunSpec spec = Spec(true);
  spec.mutable_login()->set_credential_name("gone");
  LeaveBehind(spec);
  StartNext();
  Recover();
  EXPECT_THAT(next_->engine.runs(), IsEmpty());
  EXPECT_THAT((*next_->store.Find("id"))->run.message(), HasSubstr("cannot be continued"));
}

TEST_F(RecoveryTest, HostsThatWereNotStartedReadTheArtifactOfTheRunsCreator) {
  artifacts_.Put("uid:1000", "app", "of the creator");
  LeaveBehind(SpecThatReads("app"));
  StartNext();
  Recover();
  ASSERT_EQ(next_->engine.runs().size(), 1u);
  const engine::Job& job = next_->engine.runs()[0]->job();
  EXPECT_EQ(TestArtifacts::FirstOf(job.input.get()), "of the creator");
}

TEST_F(RecoveryTest, OneWhoseArtifactHasOtherBytesIsNotContinued) {
  artifacts_.Put("uid:1000", "app", "another one");
  v1::RunSpec spec = SpecThatReads("app");
  spec.set_input_sha256(std::string(32, 'x'));  // as its daemon had noted
  LeaveBehind(spec);
  StartNext();
  Recover();
  EXPECT_THAT(next_->engine.runs(), IsEmpty());
  EXPECT_THAT((*next_->store.Find("id"))->run.message(), HasSubstr("has other bytes now"));
}

TEST_F(RecoveryTest, OneWhoseArtifactIsGoneIsNotContinued) {
  artifacts_.Put("dns:other", "app", "of another caller");
  LeaveBehind(SpecThatReads("app"));
  StartNext();
  Recover();
  EXPECT_THAT(next_->engine.runs(), IsEmpty());
  const v1::Run run = (*next_->store.Find("id"))->run;
  EXPECT_EQ(run.reason(), v1::RUN_REASON_NOT_CONTINUED);
  EXPECT_THAT(run.message(), HasSubstr("there is no artifact \"app\""));
}

TEST_F(RecoveryTest, OneWithADamagedLogIsClosedWithWhatCanBeRead) {
  LeaveBehind(Spec(true));
  const uint64_t last = first_.store.Unfinished()->at(0).last_sequence;
  const auto events = StoredEvents(first_.store, "id");
  uint64_t damaged = 0;
  for (const v1::Event& event : events) {
    if (event.has_output() && event.output().host_index() == 0) damaged = event.sequence();
  }
  ASSERT_GT(damaged, 2u);
  ASSERT_LT(damaged, last);
  first_.disk->Damage("id", damaged);
  StartNext();
  Recover();
  EXPECT_TRUE(runs_->Live().empty());
  EXPECT_THAT(next_->engine.runs(), IsEmpty());
  EXPECT_TRUE(next_->store.Unfinished()->empty());
  const v1::Run run = (*next_->store.Find("id"))->run;
  EXPECT_EQ(run.state(), v1::RUN_STATE_FAILED);
  EXPECT_THAT(run.message(), HasSubstr("cannot be read"));
  EXPECT_EQ(Results()[0].state(), v1::HOST_STATE_OUTCOME_UNKNOWN);
  EXPECT_EQ(Results()[1].state(), v1::HOST_STATE_OUTCOME_UNKNOWN);
  EXPECT_EQ(Results()[1].stderr_bytes(), 5u);  // it follows the damage
  EXPECT_EQ(Results()[2].state(), v1::HOST_STATE_OUTCOME_UNKNOWN);
  EXPECT_EQ(Results()[3].state(), v1::HOST_STATE_NOT_STARTED);
  // Nothing is skipped in silence.
  EXPECT_TRUE(absl::IsDataLoss(next_->store.Read("id", damaged - 1, 1 << 20).status()));
}

// As after its log was removed: nothing says that any host failed, nor that it succeeded.
TEST_F(RecoveryTest, OneWhoseLogHasGoneHasNotSucceeded) {
  LeaveBehind(Spec(false));
  first_.disk->RemoveLog("id");
  StartNext();
  Recover();
  EXPECT_TRUE(runs_->Live().empty());
  EXPECT_EQ((*next_->store.Find("id"))->run.state(), v1::RUN_STATE_RUNNING);  // left as it is
}

TEST_F(RecoveryTest, StartTimesAreThoseOfTheDaemonThatWasLost) {
  LeaveBehind(Spec(false));
  StartNext();
  Recover();
  EXPECT_LT(TimeOf(Results()[0].start_time()), absl::Now());
  EXPECT_LE(TimeOf(Results()[0].start_time()), TimeOf(Results()[0].end_time()));
  EXPECT_FALSE(Results()[2].has_start_time());
  EXPECT_FALSE(Results()[3].has_start_time());
}

TEST_F(RecoveryTest, OneWhoseHostsAreNotKnownIsLeftAndTheOthersAreNot) {
  LeaveBehind(Spec(false));
  first_.disk->Damage("id", 2);
  StartNext();
  Recover();
  EXPECT_TRUE(idle());
  EXPECT_EQ(next_->store.Unfinished()->size(), 1u);
}

}  // namespace
}  // namespace muster::service
