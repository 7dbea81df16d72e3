#include "ssh_engine/handshake_limit.h"

#include <gtest/gtest.h>

namespace muster::engine {
namespace {

void Fill(HandshakeLimit* limit) {
  while (limit->HasRoom()) limit->Begin();
}

// As many handshakes as there are in flight end well, and others take their places.
void Round(HandshakeLimit* limit, bool prompt) {
  Fill(limit);
  const int ending = limit->in_flight();
  for (int i = 0; i < ending; ++i) {
    limit->OnSuccess(prompt);
    limit->End();
    Fill(limit);
  }
}

TEST(HandshakeLimitTest, DoublesWithEachRoundThatWentWellUpToABound) {
  HandshakeLimit limit;
  EXPECT_EQ(limit.limit(), HandshakeLimit::kFirst);
  Round(&limit, true);
  EXPECT_EQ(limit.limit(), 2 * HandshakeLimit::kFirst);
  for (int i = 0; i < 10; ++i) Round(&limit, true);
  EXPECT_EQ(limit.limit(), HandshakeLimit::kMost);
}

TEST(HandshakeLimitTest, DoesNotGrowWhereServersAreSlow) {
  HandshakeLimit limit;
  Round(&limit, false);
  EXPECT_EQ(limit.limit(), HandshakeLimit::kFirst);
}

TEST(HandshakeLimitTest, DoesNotGrowWhereItIsNotReached) {
  HandshakeLimit limit;
  for (int i = 0; i < 1000; ++i) {
    limit.Begin();
    limit.OnSuccess(true);
    limit.End();
  }
  EXPECT_EQ(limit.limit(), HandshakeLimit::kFirst);
}

TEST(HandshakeLimitTest, ACrowdThatIsTurnedAwayBringsItDown) {
  HandshakeLimit limit;
  for (int i = 0; i < 10; ++i) limit.OnCongestion();
  EXPECT_EQ(limit.limit(), HandshakeLimit::kFirst - 20);
  for (int i = 0; i < 100; ++i) limit.OnCongestion();
  EXPECT_EQ(limit.limit(), HandshakeLimit::kLeast);
}

TEST(HandshakeLimitTest, ATenthThatIsTurnedAwayDoesNot) {
  HandshakeLimit limit;
  for (int i = 0; i < 1000; ++i) {
    Fill(&limit);
    i % 10 == 0 ? limit.OnCongestion() : limit.OnSuccess(true);
    limit.End();
  }
  EXPECT_GT(limit.limit(), 8 * HandshakeLimit::kFirst);
}

}  // namespace
}  // namespace muster::engine
