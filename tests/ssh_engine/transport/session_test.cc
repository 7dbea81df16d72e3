#include "ssh_engine/transport/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::HasSubstr;

class SessionTest : public ::testing::Test, private SessionUser {
 protected:
  SessionTest() {
    session_.SetUser(this);
    session_.UpdateInterest();
  }
  void OnSessionReady() override { ++told_; }

  SimulatedLoop loop_;
  FakeServer server_;
  const int fd_ = eventfd(0, EFD_CLOEXEC);
  Session session_{&loop_, std::make_shared<FakeTransport>(UniqueFd(fd_), &server_), nullptr};
  int told_ = 0;
};

TEST_F(SessionTest, AServerThatAnswersIsAskedOnlyAfterSilence) {
  session_.SetKeepAlive({absl::Seconds(10), 2});
  for (int i = 1; i <= 5; ++i) {
    server_.received_bytes += 100;
    loop_.Advance(absl::Seconds(10));
  }
  EXPECT_EQ(server_.asked_for_life, 0);
  for (int i = 1; i <= 5; ++i) {
    loop_.Advance(absl::Seconds(10));
    EXPECT_EQ(server_.asked_for_life, i);
    server_.received_bytes += 50;
    loop_.Advance(absl::Seconds(10));
  }
  EXPECT_EQ(told_, 0);
}

TEST_F(SessionTest, AServerThatIsSilentIsGivenUpAfterItsCount) {
  session_.SetKeepAlive({absl::Seconds(10), 2});
  loop_.Advance(absl::Seconds(29));
  EXPECT_EQ(server_.asked_for_life, 2);
  EXPECT_EQ(told_, 0);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(session_.transport().Pump(), SshTransport::Step::kFailed);
  EXPECT_EQ(session_.transport().failure().cause, Cause::kTimeout);
  EXPECT_THAT(session_.transport().failure().message,
              HasSubstr("sent nothing for 30s, though it was asked for a sign of life "
                        "(ServerAliveInterval 10s, ServerAliveCountMax 2)"));
  loop_.Advance(absl::Hours(1));
  EXPECT_EQ(told_, 1);
}

// What is not read says nothing of the server.
TEST_F(SessionTest, AServerOfWhichNothingIsReadIsNotAsked) {
  session_.SetKeepAlive({absl::Seconds(10), 1});
  session_.UpdateInterest(false);
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(server_.asked_for_life, 0);
  session_.UpdateInterest();
  eventfd_write(fd_, 1);  // it has come, and the loop is late
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(server_.asked_for_life, 0);
  EXPECT_EQ(told_, 0);
}

TEST_F(SessionTest, NothingIsAskedOfThoseWhoDoNotWantItAnyMore) {
  session_.SetKeepAlive({absl::Seconds(10), 1});
  session_.SetKeepAlive({});
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

}  // namespace
}  // namespace muster::engine
