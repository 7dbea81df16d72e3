// Run and its observers: what the engine says becomes the log and the hosts' states, and what is to
// be done.
#include "service/runs/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/time/clock.h"
#include "proto/contract/times.h"
#include "tests/service/runs/run_fakes.h"

namespace muster::service {
namespace {

using engine::HostState;
using engine::OutputStream;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RunTest : public ::testing::Test {
 protected:
  std::shared_ptr<service::Run> Make(RunPlan plan) {
    run_ = std::make_shared<service::Run>("id", std::move(plan), created_, daemon_.parts(),
                                          [this](const auto&) { ++overs_; });
    absl::Status added = absl::UnknownError("not answered");
    daemon_.journal.AddRun(run_->Record(), run_->log(), run_->FirstEvents(), now_,
                           [&](absl::Status status) { added = std::move(status); });
    EXPECT_TRUE(daemon_.Turn().ok());
    EXPECT_TRUE(added.ok());
    return run_;
  }
  void Begin(RunPlan plan) {
    Make(std::move(plan))->Begin({}, {}, {Reach()});
    engine_ = daemon_.engine.runs().at(0);
  }
  void Turn() { EXPECT_TRUE(daemon_.Turn().ok()); }
  std::vector<v1::Event> Events() { return StoredEvents(daemon_.store, "id"); }
  v1::RunState StoredState() { return (*daemon_.store.Find("id"))->run.state(); }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  absl::Time created_ = now_;
  FakeDaemon daemon_;
  int overs_ = 0;
  std::shared_ptr<service::Run> run_;
  std::shared_ptr<FakeEngineRun> engine_;
};

TEST_F(RunTest, TheLogBeginsWithTheHostsAndEndsWithTheRunsState) {
  Begin(PlanOf(1));
  engine_->State(0, HostState::kRunning);
  engine_->Flush();
  engine_->Output(0, "hi\n");
  engine_->EndNow(0);
  Turn();
  EXPECT_THAT(KindsOf(Events()),
              ElementsAre(v1::Event::kRunState, v1::Event::kHostsAdded, v1::Event::kHostState,
                          v1::Event::kOutput, v1::Event::kHostFinished, v1::Event::kRunState));
  EXPECT_EQ(Events().back().run_state().state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(overs_, 1);
  EXPECT_TRUE(run_->over());
  EXPECT_EQ(engine_->asked().finishes, 1);
  EXPECT_EQ((*daemon_.store.Find("id"))->run.last_sequence(), 6u);
}

TEST_F(RunTest, TerminalsGetANewSizeWhereThereAreAny) {
  Begin(PlanOf(1));
  EXPECT_EQ(run_->ResizeTerminals({120, 40}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(engine_->asked().terminal_size, engine::TerminalSize());
}

TEST_F(RunTest, TheNewestSizeReachesTheEngineUntilTheEnd) {
  RunPlan plan = PlanOf(1);
  plan.spec.mutable_terminal();
  Begin(std::move(plan));
  EXPECT_TRUE(run_->ResizeTerminals({120, 40}).ok());
  EXPECT_EQ(engine_->asked().terminal_size.columns, 120u);
  engine_->EndNow(0);
  Turn();
  EXPECT_EQ(run_->ResizeTerminals({121, 40}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(RunTest, ASizeThatIsToldBeforeTheBeginningCountsFromIt) {
  RunPlan plan = PlanOf(1);
  plan.spec.mutable_terminal();
  Make(std::move(plan));
  EXPECT_TRUE(run_->ResizeTerminals({120, 40}).ok());
  engine::Job job;
  job.setup.terminal = engine::Terminal();
  run_->Begin(std::move(job), {}, {Reach()});
  EXPECT_EQ(daemon_.engine.runs().at(0)->job().setup.terminal->size.columns, 120u);
}

TEST_F(RunTest, RefusedVariablesAreWarnedOf) {
  RunPlan plan = PlanOf(1);
  auto refused = std::make_shared<engine::RefusedEnvironment>(0);
  plan.refused_environment = refused;
  Begin(std::move(plan));
  EXPECT_THAT(run_->Snapshot().warnings(), IsEmpty());
  *refused = 2;
  EXPECT_THAT(run_->Snapshot().warnings(),
              ElementsAre(::testing::HasSubstr("2 hosts' servers did not take all variables")));
}

TEST_F(RunTest, HostsAreAddedAThousandInAnEvent) {
  Make(PlanOf(2500));
  const std::vector<v1::Event> events = Events();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].hosts_added().first_index(), 2000u);
  EXPECT_EQ(events[3].hosts_added().hosts_size(), 500);
  EXPECT_EQ(events[3].hosts_added().hosts(0).name(), "host2000");
}

TEST_F(RunTest, StatesPassedWithinOneTurnOfTheLoopAreLeftOut) {
  Begin(PlanOf(1));
  engine_->State(0, HostState::kConnecting);
  engine_->State(0, HostState::kAuthenticating);
  engine_->Flush();
  Turn();
  EXPECT_EQ(Events().back().host_state().state(), v1::HOST_STATE_AUTHENTICATING);
  EXPECT_EQ(Events().size(), 3u);
}

TEST_F(RunTest, NoCommandIsGrantedBeforeItsStartIsDurable) {
  Begin(PlanOf(3));
  engine_->Ready(2);
  engine_->Ready(0);
  engine_->Flush();
  EXPECT_THAT(engine_->asked().granted, IsEmpty());
  Turn();
  EXPECT_THAT(engine_->asked().granted, ElementsAre(2u, 0u));
  daemon_.disk->LosePower();
  EXPECT_THAT(daemon_.store.Unfinished()->at(0).started, ElementsAre(0u, 2u));
}

// In one turn of the loop each got its session, and was canceled.
TEST_F(RunTest, HostsThatHaveEndedAreNotAskedForAnyMore) {
  Begin(PlanOf(2));
  engine_->Ready(0);
  engine_->EndNow(0, HostState::kNotStarted);
  Turn();
  EXPECT_THAT(daemon_.store.Unfinished()->at(0).started, IsEmpty());
  engine_->Ready(1);
  engine_->EndNow(1, HostState::kNotStarted);
  Turn();
  EXPECT_EQ(overs_, 1);
  EXPECT_TRUE(daemon_.Turn().ok());
  EXPECT_THAT(engine_->asked().granted, IsEmpty());
}

// More come soon, and one commit serves them all: an eighth of what it took may be spent on
// waiting.
TEST_F(RunTest, AStartWaitsForOthersAsLongAsThereAreAny) {
  Begin(PlanOf(3));
  for (uint32_t host = 0; host < 3; ++host) engine_->State(host, HostState::kConnecting);
  engine_->Flush();
  std::vector<absl::Duration> asked;
  const auto ask = [&] {
    Turn();
    asked.clear();
    daemon_.on_wake = [&](absl::Duration patience) { asked.push_back(patience); };
  };
  ask();
  engine_->Ready(0, absl::Milliseconds(160));
  engine_->Flush();
  EXPECT_THAT(asked, ElementsAre(absl::Milliseconds(20)));
  ask();
  engine_->Ready(1, absl::Milliseconds(160));
  engine_->Ready(2, absl::Milliseconds(400));
  engine_->Flush();
  EXPECT_THAT(asked, ElementsAre(absl::ZeroDuration()));
}

TEST_F(RunTest, AStartWaitsNoLongerThanTheFastestOfThemMayOrATenthOfASecond) {
  Begin(PlanOf(3));
  for (uint32_t host = 0; host < 3; ++host) engine_->State(host, HostState::kConnecting);
  engine_->Flush();
  Turn();
  std::vector<absl::Duration> asked;
  daemon_.on_wake = [&](absl::Duration patience) { asked.push_back(patience); };
  engine_->Ready(0, absl::Seconds(5));
  engine_->Flush();
  engine_->Ready(1, absl::Milliseconds(16));
  engine_->Flush();
  EXPECT_THAT(asked, ElementsAre(absl::Milliseconds(100), absl::Milliseconds(2)));
}

// Neither those whose command was requested nor those that have ended.
TEST_F(RunTest, AStartDoesNotWaitForHostsThatHadTheirs) {
  Begin(PlanOf(3));
  for (uint32_t host = 0; host < 3; ++host) engine_->State(host, HostState::kConnecting);
  engine_->State(0, HostState::kStarting);
  engine_->End(1);
  engine_->Flush();
  Turn();
  std::vector<absl::Duration> asked;
  daemon_.on_wake = [&](absl::Duration patience) { asked.push_back(patience); };
  engine_->Ready(2, absl::Seconds(5));
  engine_->Flush();
  EXPECT_THAT(asked, ElementsAre(absl::ZeroDuration()));
}

TEST_F(RunTest, WhileNothingCanBeWrittenNoCommandIsGranted) {
  Begin(PlanOf(1));
  daemon_.disk->SetFault([](StoreWrite) { return absl::ResourceExhaustedError("full"); });
  engine_->Ready(0);
  engine_->Flush();
  EXPECT_FALSE(daemon_.Turn().ok());
  EXPECT_THAT(engine_->asked().granted, IsEmpty());
  daemon_.disk->SetFault(nullptr);
  Turn();
  EXPECT_THAT(engine_->asked().granted, ElementsAre(0u));
}

TEST_F(RunTest, AStoreThatWasTakenOverGrantsNothing) {
  Begin(PlanOf(1));
  MemoryRunStore newer(daemon_.disk);
  engine_->Ready(0);
  engine_->Flush();
  EXPECT_TRUE(absl::IsAborted(daemon_.Turn()));
  EXPECT_THAT(engine_->asked().granted, IsEmpty());
  EXPECT_THAT(newer.Unfinished()->at(0).started, IsEmpty());
}

TEST_F(RunTest, AnEndIsDurableBeforeItIsTold) {
  Begin(PlanOf(1));
  daemon_.disk->SetFault([](StoreWrite kind) {
    return kind == StoreWrite::kCommit ? absl::UnavailableError("disk") : absl::OkStatus();
  });
  engine_->EndNow(0);
  EXPECT_FALSE(daemon_.Turn().ok());
  EXPECT_FALSE(run_->over());
  EXPECT_EQ(overs_, 0);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_RUNNING);
  EXPECT_EQ(run_->log()->last_sequence(), 3u);  // the host's end
  daemon_.disk->SetFault(nullptr);
  Turn();
  EXPECT_TRUE(run_->over());
  EXPECT_EQ(overs_, 1);
  EXPECT_EQ(run_->log()->last_sequence(), 4u);
  daemon_.disk->LosePower();
  EXPECT_EQ(StoredState(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(Events().size(), 4u);
}

TEST_F(RunTest, ARunWithAFailedHostHasFailed) {
  Begin(PlanOf(2));
  engine_->EndNow(0);
  Turn();
  EXPECT_FALSE(run_->over());
  engine_->EndNow(1, HostState::kUnreachable);
  Turn();
  const v1::Run snapshot = run_->Snapshot();
  EXPECT_EQ(snapshot.state(), v1::RUN_STATE_FAILED);
  ASSERT_EQ(snapshot.host_state_counts_size(), 2);
  EXPECT_EQ(snapshot.host_state_counts(0).hosts(), 1u);
  EXPECT_EQ(snapshot.last_sequence(), Events().size());
  EXPECT_EQ(StoredState(), v1::RUN_STATE_FAILED);
}

// --- Output limits

TEST_F(RunTest, OutputPastTheHostsLimitIsCountedNotKept) {
  RunPlan plan = PlanOf(2);
  plan.max_output_bytes_per_host = 10;
  Begin(std::move(plan));
  engine_->Output(0, "12345678\n");
  engine_->Output(0, "left out\n");
  engine_->Output(0, "x\n");  // would fit, but there is a gap before it
  engine_->Output(1, "kept\n");
  engine_->EndNow(0);
  Turn();
  const std::vector<v1::Event> events = Events();
  const v1::Event& omitted = events[events.size() - 2];
  EXPECT_EQ(omitted.output_omitted().bytes(), 11u);
  EXPECT_EQ(omitted.output_omitted().stream(), v1::OUTPUT_STREAM_STDOUT);
  std::vector<v1::HostResult> results;
  run_->Results(0, 10, {}, &results);
  EXPECT_EQ(results[0].stdout_bytes(), 20u);
  EXPECT_EQ(results[0].omitted_bytes(), 11u);
  EXPECT_THAT(engine_->asked().canceled_hosts, IsEmpty());
}

TEST_F(RunTest, OutputIsCutAtALinesEnd) {
  RunPlan plan = PlanOf(1);
  plan.max_output_bytes_per_host = 10;
  Begin(std::move(plan));
  engine_->Output(0, "1234\n567\nabcdef\n");
  engine_->EndNow(0);
  Turn();
  EXPECT_EQ(Events()[2].output().data(), "1234\n567\n");
  EXPECT_EQ(Events()[3].output_omitted().bytes(), 7u);
}

TEST_F(RunTest, ExactlyTheLimitIsKept) {
  RunPlan plan = PlanOf(1);
  plan.max_output_bytes_per_host = 9;
  Begin(std::move(plan));
  engine_->Output(0, "1234\n567\n");
  engine_->EndNow(0);
  Turn();
  EXPECT_EQ(run_->Snapshot().omitted_bytes(), 0u);
}

TEST_F(RunTest, TheRunsLimitIsSharedByItsHostsAndWhatIsCutIsGivenBack) {
  RunPlan plan = PlanOf(3);
  plan.max_output_bytes = 10;
  Begin(std::move(plan));
  engine_->Output(0, "12345\n");
  engine_->Output(1, "left out\n", OutputStream::kStderr);
  engine_->Output(2, "abc\n");
  for (uint32_t host = 0; host < 3; ++host) engine_->EndNow(host);
  Turn();
  EXPECT_EQ(run_->Snapshot().omitted_bytes(), 9u);
  std::vector<v1::HostResult> results;
  run_->Results(0, 10, {}, &results);
  EXPECT_EQ(results[1].omitted_bytes(), 9u);
  EXPECT_EQ(results[1].stderr_bytes(), 9u);
}

TEST_F(RunTest, WithCancelHostTheHostIsEndedOnce) {
  v1::RunSpec spec;
  spec.mutable_output_limits()->set_policy(v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST);
  RunPlan plan = PlanOf(2, spec);
  plan.max_output_bytes_per_host = 4;
  Begin(std::move(plan));
  for (int i = 0; i < 3; ++i) engine_->Output(1, "123\n");
  engine_->Output(1, "123\n", OutputStream::kStderr);
  EXPECT_THAT(engine_->asked().canceled_hosts,
              ElementsAre(std::make_pair(1u, engine::Cause::kOutputLimit)));
}

// --- Canceling

TEST_F(RunTest, CancelReachesTheEngineOnceAndIsTold) {
  Begin(PlanOf(1));
  run_->Cancel(Canceled());
  run_->Cancel(Canceled());
  EXPECT_EQ(engine_->asked().cancels, 1);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_STOPPING);
  engine_->EndNow(0, HostState::kCanceled);
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  run_->Cancel(Canceled());
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(overs_, 1);
}

TEST_F(RunTest, CanceledBeforeItBeginsStartsNothingAndEnds) {
  Make(PlanOf(2));
  run_->Cancel(Canceled());
  run_->Begin({}, {}, {Reach()});
  Turn();
  EXPECT_THAT(StatesOf(*run_), ElementsAre(v1::HOST_STATE_NOT_STARTED, v1::HOST_STATE_NOT_STARTED));
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_THAT(daemon_.engine.runs(), IsEmpty());
}

TEST_F(RunTest, CanceledTooLateHasSucceeded) {
  Begin(PlanOf(1));
  run_->Cancel(Canceled());
  engine_->EndNow(0);
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunTest, ARunTimeoutCancelsCountedFromTheRunsStart) {
  created_ = absl::Now() - absl::Minutes(40);
  v1::RunSpec spec;
  spec.mutable_timeouts()->mutable_run()->set_seconds(3600);
  Begin(PlanOf(1, spec));
  EXPECT_EQ(TimeOf(run_->Snapshot().start_time()), created_);
  daemon_.timers.Pass(absl::Minutes(19));
  EXPECT_EQ(engine_->asked().cancels, 0);
  daemon_.timers.Pass(absl::Minutes(1));
  EXPECT_EQ(engine_->asked().cancels, 1);
  engine_->EndNow(0, HostState::kCanceled);
  Turn();
  EXPECT_EQ(Events().back().run_state().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(Events().back().run_state().message(), "the run took longer than 1h (run timeout).");
}

TEST_F(RunTest, TellsWhyItStopsAndWhoHadItDoSo) {
  Begin(PlanOf(1));
  EXPECT_EQ(run_->Snapshot().reason(), v1::RUN_REASON_UNSPECIFIED);
  EXPECT_TRUE(run_->Pause("uid:7").ok());
  EXPECT_EQ(run_->Snapshot().reason(), v1::RUN_REASON_PAUSE_REQUESTED);
  EXPECT_EQ(run_->Snapshot().reason_by(), "uid:7");
  EXPECT_TRUE(run_->Resume().ok());
  EXPECT_EQ(run_->Snapshot().reason(), v1::RUN_REASON_UNSPECIFIED);
  run_->Cancel(Canceled());
  EXPECT_EQ(run_->Snapshot().reason(), v1::RUN_REASON_CANCEL_REQUESTED);
  engine_->EndNow(0, HostState::kCanceled);
  Turn();
  EXPECT_EQ(run_->Snapshot().reason_by(), "uid:1");
  EXPECT_EQ(Events().back().run_state().reason(), v1::RUN_REASON_CANCEL_REQUESTED);
  EXPECT_EQ(Events().back().run_state().reason_by(), "uid:1");
}

// --- Its creator

v1::RunSpec CanceledAfterSeconds(int64_t gone) {
  v1::RunSpec spec;
  spec.mutable_cancel_after_disconnect()->set_seconds(gone);
  return spec;
}

TEST_F(RunTest, IsCanceledOnceItsCreatorIsGone) {
  Begin(PlanOf(1, CanceledAfterSeconds(0)));
  run_->OnCreatorCame();
  run_->OnCreatorCame();
  run_->OnCreatorLeft();
  daemon_.timers.Pass(absl::Hours(1));
  EXPECT_EQ(engine_->asked().cancels, 0);
  run_->OnCreatorLeft();
  daemon_.timers.Pass(absl::ZeroDuration());
  EXPECT_EQ(engine_->asked().cancels, 1);
  engine_->EndNow(0, HostState::kCanceled);
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(run_->Snapshot().reason(), v1::RUN_REASON_CALLER_GONE);
  EXPECT_EQ(run_->Snapshot().reason_by(), run_->creator());
}

TEST_F(RunTest, ACreatorWhoComesBackInTimeKeepsItAndHasAllHisTimeAgain) {
  Begin(PlanOf(1, CanceledAfterSeconds(60)));
  run_->OnCreatorCame();
  run_->OnCreatorLeft();
  daemon_.timers.Pass(absl::Seconds(59));
  run_->OnCreatorCame();
  daemon_.timers.Pass(absl::Hours(1));
  run_->OnCreatorLeft();
  daemon_.timers.Pass(absl::Seconds(59));
  EXPECT_EQ(engine_->asked().cancels, 0);
  daemon_.timers.Pass(absl::Seconds(1));
  EXPECT_EQ(engine_->asked().cancels, 1);
}

TEST_F(RunTest, AWatchHasFiveSecondsToBeginAtLeast) {
  Begin(PlanOf(1, CanceledAfterSeconds(0)));
  daemon_.timers.Pass(absl::Milliseconds(4999));
  EXPECT_EQ(engine_->asked().cancels, 0);
  daemon_.timers.Pass(absl::Milliseconds(1));
  EXPECT_EQ(engine_->asked().cancels, 1);
}

TEST_F(RunTest, WithoutSuchATimeACreatorMayLeave) {
  Begin(PlanOf(1));
  run_->OnCreatorCame();
  run_->OnCreatorLeft();
  daemon_.timers.Pass(absl::Hours(100'000));
  EXPECT_EQ(engine_->asked().cancels, 0);
}

// --- The daemon's end

TEST_F(RunTest, InterruptedSaysWhy) {
  Begin(PlanOf(1));
  run_->Interrupt();
  engine_->EndNow(0, HostState::kUnknown);
  Turn();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(Events().back().run_state().message(), "musterd is stopping.");
}

TEST_F(RunTest, InterruptedToBeContinuedStartsNoFurtherHostAndIsFrozenAsItIs) {
  v1::RunSpec spec;
  spec.set_continue_after_restart(true);
  Begin(PlanOf(2, spec));
  run_->Interrupt();
  EXPECT_TRUE(engine_->asked().paused);
  EXPECT_EQ(engine_->asked().cancels, 0);
  engine_->EndNow(0);
  run_->Freeze();
  engine_->Ready(1);
  engine_->EndNow(1, HostState::kUnknown);
  run_->Cancel(Canceled());
  Turn();
  EXPECT_THAT(engine_->asked().granted, IsEmpty());
  EXPECT_EQ(Events().back().host_finished().host_index(), 0u);
  EXPECT_EQ(daemon_.store.Unfinished()->size(), 1u);
  EXPECT_EQ(overs_, 0);
}

// --- Results

TEST_F(RunTest, ResultsByStateAndPage) {
  Begin(PlanOf(6));
  for (uint32_t i = 0; i < 6; ++i) {
    engine_->EndNow(i, i % 2 == 0 ? HostState::kSucceeded : HostState::kUnreachable);
  }
  std::vector<v1::HostResult> results;
  const uint32_t next = run_->Results(0, 2, {v1::HOST_STATE_UNREACHABLE}, &results);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].host_index(), 1u);
  EXPECT_EQ(results[1].host_index(), 3u);
  results.clear();
  EXPECT_EQ(run_->Results(next, 2, {v1::HOST_STATE_UNREACHABLE}, &results), 6u);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].host_index(), 5u);
}

TEST_F(RunTest, TheStoreHasTheResultsOfAllHosts) {
  Begin(PlanOf(2));
  engine_->EndNow(1, HostState::kConnectTimeout);
  engine_->Output(0, "out\n");
  engine_->EndNow(0);
  Turn();
  const auto results = daemon_.store.Results("id", 0, 10, {});
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ(results->at(0).stdout_bytes(), 4u);
  EXPECT_EQ(results->at(1).state(), v1::HOST_STATE_CONNECT_TIMEOUT);
  EXPECT_EQ(results->at(1).host().name(), "host1");
}

// For ThreadSanitizer too.
TEST_F(RunTest, LoopsEndHostsAtTheSameTimeAndTheRunOnce) {
  constexpr uint32_t kHosts = 400;
  Begin(PlanOf(kHosts));
  std::vector<std::thread> threads;
  for (uint32_t part = 0; part < 4; ++part) {
    threads.emplace_back([this, part] {
      const auto loop = engine_->NewLoop(static_cast<int>(part));
      for (uint32_t host = part; host < kHosts; host += 4) {
        loop->OnOutput(host, OutputStream::kStdout, {"line\n", false, false});
        engine::HostOutcome outcome;
        outcome.state = HostState::kSucceeded;
        loop->OnEnd(host, outcome);
        loop->Flush(now_);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Turn();
  EXPECT_EQ(overs_, 1);
  EXPECT_EQ(Events().back().kind_case(), v1::Event::kRunState);
  EXPECT_EQ(Events().size(), 2 + 2 * kHosts + 1);
}

}  // namespace
}  // namespace muster::service
