// Run and RunObserver: what the engine says becomes the log and the hosts' states.
#include "service/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "muster/v1/run_service.pb.h"
#include "service/run_observer.h"

namespace muster::service {
namespace {

using engine::HostState;
using engine::OutputStream;
using ::testing::ElementsAre;

class NoReader final : public LogReader {
 public:
  void OnLogGrown() override {}
};

class FakeHandle final : public engine::RunHandle {
 public:
  void Add(std::vector<engine::Host>) override {}
  void Finish() override {}
  void Cancel() override { ++cancels; }
  void StopStarting(std::string) override {}
  void SetPaused(bool) override {}
  int cancels = 0;
};

class RunTest : public ::testing::Test {
 protected:
  void Make(int hosts, uint64_t max_per_host = 0, uint64_t max_per_run = 1 << 20) {
    RunPlan plan;
    for (int i = 0; i < hosts; ++i) plan.hosts.emplace_back().set_name(std::to_string(i));
    plan.max_output_bytes_per_host = max_per_host;
    plan.max_output_bytes = max_per_run;
    run_ = std::make_shared<service::Run>("id", std::move(plan), now_,
                                          [this](size_t) { return room_; });
    all_ = NewRunObserver(run_, [this](const service::Run&) { ++overs_; });
    loop_ = all_->ForLoop(0, nullptr);
  }
  void Output(uint32_t host, const std::string& text, OutputStream stream = OutputStream::kStdout) {
    loop_->OnOutput(host, stream, {text, false, false});
  }
  void End(uint32_t host, HostState state = HostState::kSucceeded) {
    engine::HostOutcome outcome;
    outcome.state = state;
    loop_->OnEnd(host, outcome);
    loop_->Flush(now_);
  }
  std::vector<v1::Event> Events() {
    const auto batch = run_->log()->Read(0, 1 << 24, std::make_shared<NoReader>());
    std::string bytes;
    for (const grpc::Slice& slice : batch->slices) {
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    v1::WatchRunResponse message;
    EXPECT_TRUE(message.ParseFromString(bytes));
    return {message.events().begin(), message.events().end()};
  }
  std::vector<int> Kinds() {
    std::vector<int> kinds;
    for (const v1::Event& event : Events()) kinds.push_back(event.kind_case());
    return kinds;
  }

  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  bool room_ = true;
  int overs_ = 0;
  std::shared_ptr<service::Run> run_;
  std::shared_ptr<engine::RunObserver> all_;
  std::unique_ptr<engine::LoopObserver> loop_;
};

TEST_F(RunTest, TheLogBeginsWithTheHostsAndEndsWithTheRunsState) {
  Make(1);
  loop_->OnState(0, HostState::kRunning);
  loop_->Flush(now_);
  Output(0, "hi\n");
  End(0);
  EXPECT_THAT(Kinds(),
              ElementsAre(v1::Event::kRunState, v1::Event::kHostsAdded, v1::Event::kHostState,
                          v1::Event::kOutput, v1::Event::kHostFinished, v1::Event::kRunState));
  EXPECT_EQ(Events().back().run_state().state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_EQ(overs_, 1);
  EXPECT_TRUE(run_->over());
}

TEST_F(RunTest, HostsAreAddedAThousandInAnEvent) {
  Make(2500);
  const std::vector<v1::Event> events = Events();
  ASSERT_EQ(events.size(), 4u);
  EXPECT_EQ(events[3].hosts_added().first_index(), 2000u);
  EXPECT_EQ(events[3].hosts_added().hosts_size(), 500);
  EXPECT_EQ(events[3].hosts_added().hosts(0).name(), "2000");
}

TEST_F(RunTest, StatesPassedWithinOneTurnAreLeftOut) {
  Make(1);
  loop_->OnState(0, HostState::kConnecting);
  loop_->OnState(0, HostState::kAuthenticating);
  loop_->Flush(now_);
  EXPECT_EQ(Events().back().host_state().state(), v1::HOST_STATE_AUTHENTICATING);
  EXPECT_EQ(Events().size(), 3u);
}

TEST_F(RunTest, ARunWithAFailedHostHasFailed) {
  Make(2);
  End(0);
  EXPECT_FALSE(run_->over());
  End(1, HostState::kUnreachable);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_FAILED);
  const v1::Run snapshot = run_->Snapshot();
  ASSERT_EQ(snapshot.host_state_counts_size(), 2);
  EXPECT_EQ(snapshot.host_state_counts(0).hosts(), 1u);
  EXPECT_EQ(snapshot.last_sequence(), Events().size());
}

TEST_F(RunTest, OutputPastTheHostsLimitIsCountedNotKept) {
  Make(2, 10);
  Output(0, "12345678\n");
  Output(0, "left out\n");
  Output(0, "x\n");  // would fit, but there is a gap before it
  Output(1, "kept\n");
  End(0);
  const std::vector<v1::Event> events = Events();
  const v1::Event& omitted = events[events.size() - 2];
  EXPECT_EQ(omitted.output_omitted().bytes(), 11u);
  EXPECT_EQ(omitted.output_omitted().stream(), v1::OUTPUT_STREAM_STDOUT);
  std::vector<v1::HostResult> results;
  run_->Results(0, 10, {}, &results);
  EXPECT_EQ(results[0].stdout_bytes(), 20u);
  EXPECT_EQ(results[0].omitted_bytes(), 11u);
}

TEST_F(RunTest, OutputPastTheRunsOrTheStoresLimitIsOmittedToo) {
  Make(1, 0, 10);
  Output(0, "12345678\n");
  Output(0, "left out\n", OutputStream::kStderr);
  End(0);
  EXPECT_EQ(run_->Snapshot().omitted_bytes(), 9u);
  room_ = false;
  Make(1);
  Output(0, "nothing fits\n");
  End(0);
  EXPECT_EQ(run_->Snapshot().omitted_bytes(), 13u);
  EXPECT_EQ(run_->kept_bytes(), 0u);
}

TEST_F(RunTest, CancelReachesTheEngineOnceAndIsTold) {
  Make(1);
  const auto handle = std::make_shared<FakeHandle>();
  run_->SetHandle(handle);
  run_->Cancel();
  run_->Cancel();
  EXPECT_EQ(handle->cancels, 1);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_STOPPING);
  End(0, HostState::kCanceled);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  run_->Cancel();
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
}

TEST_F(RunTest, CanceledBeforeTheEngineHasItIsCanceledThen) {
  Make(1);
  run_->Cancel();
  const auto handle = std::make_shared<FakeHandle>();
  run_->SetHandle(handle);
  EXPECT_EQ(handle->cancels, 1);
}

TEST_F(RunTest, CanceledTooLateHasSucceeded) {
  Make(1);
  run_->Cancel();
  End(0);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_SUCCEEDED);
}

TEST_F(RunTest, InterruptedSaysWhy) {
  Make(1);
  run_->Interrupt();
  End(0, HostState::kUnknown);
  EXPECT_EQ(run_->Snapshot().state(), v1::RUN_STATE_CANCELED);
  EXPECT_EQ(Events().back().run_state().message(), "musterd was stopped");
}

TEST_F(RunTest, ResultsByStateAndPage) {
  Make(6);
  for (uint32_t i = 0; i < 6; ++i) {
    End(i, i % 2 == 0 ? HostState::kSucceeded : HostState::kUnreachable);
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

// For ThreadSanitizer too.
TEST_F(RunTest, LoopsEndHostsAtTheSameTimeAndTheRunOnce) {
  constexpr uint32_t kHosts = 400;
  Make(kHosts);
  std::vector<std::thread> threads;
  for (uint32_t part = 0; part < 4; ++part) {
    threads.emplace_back([this, part] {
      const auto loop = all_->ForLoop(static_cast<int>(part), nullptr);
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
  EXPECT_EQ(overs_, 1);
  EXPECT_EQ(Events().back().kind_case(), v1::Event::kRunState);
  EXPECT_EQ(Events().size(), 2 + 2 * kHosts + 1);
}

}  // namespace
}  // namespace muster::service
