#include "ssh_engine/action/action_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <atomic>
#include <vector>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using Phase = ActionStart::Phase;

class ActionStartTest : public ::testing::Test, protected ActionStart::Subject {
 protected:
  ActionStartTest() {
    site_.host = &host_;
    site_.session = &session_;
    site_.timings = &timings_;
  }

  void Begin(bool warm = false) {
    site_.warm = warm;
    ActionStart::Subject* const subject = this;
    start_ = std::make_unique<ActionStart>(site_, &context_, subject);
  }
  void BeReady() {
    Begin();
    open_ = SshStep::kDone;
    EXPECT_EQ(start_->Advance(), SshStep::kAgain);
  }

  SshStep Open() override { return open_; }
  SshStep Request() override {
    ++requests_;
    return request_;
  }
  void OnStartTimeout() override { late_.push_back(start_->phase()); }

  SimulatedLoop loop_;
  FakeServer server_;
  Session session_{&loop_,
                   std::make_shared<FakeTransport>(UniqueFd(eventfd(0, EFD_CLOEXEC)), &server_),
                   nullptr};
  std::atomic<bool> may_read_{true};
  ReadingGate reading_{&loop_, &may_read_};
  RecordingObserver observer_;
  const Host host_{0, "web1", 22, "ann", nullptr};
  HostTimings timings_;
  ActionContext context_{&loop_, &reading_, std::make_shared<Job>(), &observer_};
  ActionSite site_;
  SshStep open_ = SshStep::kAgain;
  SshStep request_ = SshStep::kAgain;
  int requests_ = 0;
  std::vector<Phase> late_;
  std::unique_ptr<ActionStart> start_;
};

TEST_F(ActionStartTest, NothingIsRequestedBeforeTheGrant) {
  BeReady();
  EXPECT_EQ(start_->Advance(), SshStep::kAgain);
  EXPECT_EQ(requests_, 0);
  EXPECT_FALSE(start_->requested());
  ASSERT_TRUE(start_->Grant());
  EXPECT_TRUE(start_->requested());
  EXPECT_EQ(start_->Advance(), SshStep::kAgain);
  request_ = SshStep::kDone;
  EXPECT_EQ(start_->Advance(), SshStep::kDone);
  EXPECT_EQ(start_->phase(), Phase::kStarted);
  EXPECT_THAT(observer_.events[0], ElementsAre("ready", "STARTING", "RUNNING"));
}

TEST_F(ActionStartTest, AGrantThatNobodyWaitsForIsIgnored) {
  Begin();
  EXPECT_FALSE(start_->Grant());
  BeReady();
  EXPECT_TRUE(start_->Grant());
  EXPECT_FALSE(start_->Grant());
}

TEST_F(ActionStartTest, WaitsForTheGrantAsLongAsTheConnectionLives) {
  BeReady();
  loop_.Advance(absl::Hours(5));
  EXPECT_TRUE(late_.empty());
  EXPECT_EQ(start_->waited(), absl::Hours(5));
  server_.idle = SshStep::kFailed;
  EXPECT_EQ(start_->Advance(), SshStep::kFailed);
  EXPECT_EQ(start_->phase(), Phase::kReady);
}

TEST_F(ActionStartTest, TheServerHasItsTimeForEachAnswer) {
  const absl::Duration limit = context_.job->timeouts.connect;
  Begin();
  loop_.Advance(limit);
  EXPECT_THAT(late_, ElementsAre(Phase::kOpening));
  BeReady();
  ASSERT_TRUE(start_->Grant());
  loop_.Advance(limit);
  EXPECT_THAT(late_, ElementsAre(Phase::kOpening, Phase::kRequested));
}

TEST_F(ActionStartTest, ASessionThatWasThereHasHalfOfItAndHurries) {
  Begin(/*warm=*/true);
  EXPECT_EQ(loop_.hurried, 1);
  loop_.Advance(context_.job->timeouts.connect / 2);
  EXPECT_THAT(late_, ElementsAre(Phase::kOpening));
  start_->End();
  EXPECT_EQ(loop_.hurried, 0);
}

}  // namespace
}  // namespace muster::engine
