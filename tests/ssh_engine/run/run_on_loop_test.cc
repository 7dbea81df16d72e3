#include "ssh_engine/run/run_on_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "absl/strings/str_cat.h"
#include "ssh_engine/jump/jump_connector.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class RunOnLoopTest : public ::testing::Test {
 protected:
  RunOnLoopTest() {
    access_->credential = std::make_shared<Credential>();
    access_->known_hosts = std::make_shared<FakeKnownHosts>();
    context_.action.loop = context_.dial.loop = &loop_;
    context_.action.reading = &reading_;
    context_.dial.connector = &connector_;
    context_.dial.helpers = &helpers_;
    context_.dial.timeout = job_->timeouts.connect;
    context_.pool = &pool_;
    context_.links = &links_;
  }

  Host MakeHost(uint32_t index) { return {index, absl::StrCat("h", index), 22, "ann", access_}; }
  void Make(uint32_t hosts) {
    MakeOnly(hosts);
    loop_.Run();
  }
  void MakeOnly(uint32_t hosts) {
    std::vector<Host> list;
    for (uint32_t i = 0; i < hosts; ++i) list.push_back(MakeHost(i));
    auto observer = std::make_unique<RecordingObserver>();
    observer_ = observer.get();
    context_.action.job = job_;
    run_ = std::make_unique<RunOnLoop>(context_, std::move(observer), limit_, [this] { ++dones_; });
    // As the engine does it.
    limit_->AddLoop(kLoop, [this](uint32_t permits) {
      loop_.Post([this, permits] {
        if (run_ != nullptr) run_->Permit(permits);
      });
    });
    run_->Add(std::move(list));
    limit_->Enqueue(std::vector<size_t>(hosts, kLoop));
    run_->Finish();
  }
  // How many permits of the limit are left; takes them.
  int TakeLeft() {
    int left = 0;
    limit_->AddLoop(kOther, [&left](uint32_t permits) { left += permits; });
    limit_->Enqueue(std::vector<size_t>(10, kOther));
    return left;
  }
  void Fail(int host) {
    connector_.Fail(absl::StrCat("h", host), Cause::kRefused, "refused");
    loop_.Run();
  }

  static constexpr size_t kLoop = 0;
  static constexpr size_t kOther = 1;

  SimulatedLoop loop_;
  FakeConnector connector_;
  HelperPool helpers_{1};
  std::shared_ptr<Job> job_ = std::make_shared<Job>();
  std::shared_ptr<Access> access_ = std::make_shared<Access>();
  std::shared_ptr<InFlightLimit> limit_ = std::make_shared<InFlightLimit>(2);
  SessionPool pool_{&loop_, SessionLimits()};
  JumpLinks links_{&loop_, SessionLimits()};
  std::atomic<bool> may_read_{true};
  ReadingGate reading_{&loop_, &may_read_};
  RunContext context_;
  RecordingObserver* observer_ = nullptr;
  std::unique_ptr<RunOnLoop> run_;
  int dones_ = 0;
};

TEST_F(RunOnLoopTest, AnAccessMayHaveAConnectTimeoutOfItsOwn) {
  access_->connect.timeout = absl::Seconds(2);
  Make(1);
  loop_.Advance(absl::Seconds(2) - absl::Milliseconds(1));
  EXPECT_EQ(dones_, 0);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(observer_->outcomes.at(0).state, HostState::kConnectTimeout);
  EXPECT_THAT(observer_->outcomes.at(0).message, HasSubstr("longer than 2s"));
}

TEST_F(RunOnLoopTest, StartsAsManyAsTheLimitPermitsAndTheNextAsEachEnds) {
  Make(4);
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0", "h1"));
  Fail(1);
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0", "h1", "h2"));
  Fail(2);
  Fail(3);
  EXPECT_EQ(dones_, 0);
  Fail(0);
  EXPECT_EQ(dones_, 1);
  EXPECT_THAT(observer_->outcomes, SizeIs(4));
  EXPECT_EQ(TakeLeft(), 2);
}

// Those that share one share the way to their jump host, too.
TEST_F(RunOnLoopTest, EachHostIsReachedAsItsAccessSays) {
  limit_ = std::make_shared<InFlightLimit>(3);
  auto behind = std::make_shared<Access>(*access_);
  behind->jump_hosts = {{"gate", 22, "ann"}};
  const std::shared_ptr<Access> direct = std::exchange(access_, behind);
  Make(1);
  access_ = direct;
  run_->Add({MakeHost(1)});
  access_ = behind;
  run_->Add({MakeHost(2)});
  limit_->Enqueue({kLoop, kLoop});
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), ElementsAre("gate", "h1"));
  connector_.Fail("gate", Cause::kRefused, "refused");
  loop_.Run();
  EXPECT_THAT(observer_->outcomes, SizeIs(2));
  EXPECT_THAT(observer_->outcomes[2].message, HasSubstr("jump host ann@gate:22"));
  Fail(1);
  EXPECT_EQ(dones_, 1);
}

TEST_F(RunOnLoopTest, AHostThatHangsHoldsItsOwnPlaceOnly) {
  Make(50);
  for (int i = 1; i < 50; ++i) Fail(i);
  EXPECT_THAT(observer_->outcomes, SizeIs(49));
  EXPECT_EQ(dones_, 0);
  Fail(0);
  EXPECT_EQ(dones_, 1);
}

TEST_F(RunOnLoopTest, APermitFromAnotherLoopStartsTheNext) {
  limit_->AddLoop(kOther, [](uint32_t) {});
  limit_->Enqueue({kOther, kOther});
  Make(1);
  EXPECT_THAT(connector_.hosts(), SizeIs(0));
  limit_->Release();
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), SizeIs(1));
}

TEST_F(RunOnLoopTest, PermitsForHostsThatHaveEndedInTheQueueGoOn) {
  limit_->AddLoop(kOther, [](uint32_t) {});
  limit_->Enqueue({kOther, kOther});
  Make(1);
  run_->Cancel();
  limit_->Release();
  loop_.Run();
  EXPECT_EQ(dones_, 1);
  EXPECT_EQ(TakeLeft(), 1);
}

// A host that ends brings the next batch: its hosts and their turns come while the permit is on its
// way back.
TEST_F(RunOnLoopTest, ATurnIsNotLostWhereItComesBeforeItsHost) {
  limit_ = std::make_shared<InFlightLimit>(1);
  Make(1);
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0"));
  loop_.Post([this] { run_->Add({MakeHost(1)}); });  // still on its way, when
  limit_->Enqueue({kLoop});                          // its turn is there
  limit_->Release();
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0", "h1"));
}

TEST_F(RunOnLoopTest, CancelEndsThoseWhoseTurnHasNotCome) {
  Make(5);
  run_->Cancel();
  loop_.Run();
  EXPECT_THAT(observer_->outcomes, SizeIs(5));
  for (const auto& entry : observer_->outcomes) {
    EXPECT_EQ(entry.second.state, HostState::kNotStarted);
  }
  EXPECT_EQ(dones_, 1);
}

TEST_F(RunOnLoopTest, StopStartingEndsOnlyThoseInTheQueue) {
  Make(5);
  run_->StopStarting("too many failed");
  loop_.Run();
  EXPECT_THAT(observer_->outcomes, SizeIs(3));
  EXPECT_EQ(observer_->outcomes.at(4).message, "too many failed");
  Fail(0);
  Fail(1);
  EXPECT_EQ(dones_, 1);
}

TEST_F(RunOnLoopTest, WhilePausedNoHostLeavesTheQueue) {
  MakeOnly(4);
  run_->SetPaused(true);  // two have a permit, but not yet their turn in the pool
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), SizeIs(0));
  run_->SetPaused(false);
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0", "h1"));
  run_->SetPaused(true);
  Fail(0);
  EXPECT_THAT(connector_.hosts(), SizeIs(2));
  run_->SetPaused(false);
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), ElementsAre("h0", "h1", "h2"));
}

TEST_F(RunOnLoopTest, CancelHostEndsOneInTheQueue) {
  Make(4);
  run_->CancelHost(3, Cause::kOutputLimit, "enough");
  EXPECT_EQ(observer_->outcomes.at(3).state, HostState::kNotStarted);
  EXPECT_THAT(observer_->outcomes, SizeIs(1));
}

TEST_F(RunOnLoopTest, HostsThatComeAfterCancelEndAtOnce) {
  Make(1);
  run_->Cancel();
  run_->Add({MakeHost(1)});
  EXPECT_EQ(observer_->outcomes.at(1).state, HostState::kNotStarted);
}

TEST_F(RunOnLoopTest, AbandonEndsAllBeforeItReturns) {
  Make(5);
  const int flushes = observer_->flushes;
  run_->Abandon();
  EXPECT_THAT(observer_->outcomes, SizeIs(5));
  EXPECT_GT(observer_->flushes, flushes);
}

TEST_F(RunOnLoopTest, AnEmptyShareIsDone) {
  MakeOnly(0);
  EXPECT_EQ(dones_, 0);
  loop_.Run();
  EXPECT_EQ(dones_, 1);
}

TEST_F(RunOnLoopTest, EventsOfOneIterationAreFlushedTogether) {
  Make(2);
  connector_.Fail("h0", Cause::kRefused, "refused");
  connector_.Fail("h1", Cause::kRefused, "refused");
  EXPECT_EQ(observer_->flushes, 0);
  loop_.Run();
  EXPECT_EQ(observer_->flushes, 1);
}

TEST_F(RunOnLoopTest, StatesAloneAreFlushedALittleLater) {
  Make(2);
  EXPECT_EQ(observer_->flushes, 0);
  loop_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(observer_->flushes, 1);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(observer_->flushes, 1);
}

TEST(FlushingObserverTest, FlushesWithinAnIterationBeforeItHasMoreThan32KiB) {
  SimulatedLoop loop;
  auto recorder = std::make_unique<RecordingObserver>();
  RecordingObserver* seen = recorder.get();
  FlushingObserver observer(&loop, std::move(recorder));
  const std::string line(1000, 'x');
  for (int i = 0; i < 31; ++i) observer.OnOutput(0, OutputStream::kStdout, {line, false, false});
  EXPECT_EQ(seen->flushes, 0);
  observer.OnOutput(0, OutputStream::kStdout, {line, false, false});
  EXPECT_EQ(seen->flushes, 1);  // of the first 31
  loop.Run();
  EXPECT_EQ(seen->flushes, 2);
  const std::string long_line(40'000, 'x');  // by itself
  observer.OnOutput(0, OutputStream::kStdout, {line, false, false});
  observer.OnOutput(0, OutputStream::kStdout, {long_line, false, false});
  EXPECT_EQ(seen->flushes, 4);
}

TEST(InFlightLimitTest, GrantsInTheOrderOfTheHostsOverAllLoops) {
  InFlightLimit limit(1);
  std::vector<int> granted;
  for (int loop = 0; loop < 3; ++loop) {
    limit.AddLoop(loop,
                  [&granted, loop](uint32_t hosts) { granted.insert(granted.end(), hosts, loop); });
  }
  limit.Enqueue({2, 0, 0, 1, 2});
  EXPECT_THAT(granted, ElementsAre(2));
  limit.Release();
  EXPECT_THAT(granted, ElementsAre(2, 0));
  for (int i = 0; i < 4; ++i) limit.Release();
  EXPECT_THAT(granted, ElementsAre(2, 0, 0, 1, 2));
  limit.Enqueue({1, 0});
  EXPECT_THAT(granted, ElementsAre(2, 0, 0, 1, 2, 1));
}

TEST(InFlightLimitTest, GivesEachLoopItsPermitsAtOnce) {
  InFlightLimit limit(4);
  std::vector<uint32_t> first, second;
  limit.AddLoop(0, [&first](uint32_t hosts) { first.push_back(hosts); });
  limit.AddLoop(1, [&second](uint32_t hosts) { second.push_back(hosts); });
  limit.Enqueue({0, 1, 0, 0, 1, 1});
  EXPECT_THAT(first, ElementsAre(3));
  EXPECT_THAT(second, ElementsAre(1));
}

}  // namespace
}  // namespace muster::engine
