#include "ssh_engine/pool/handshake_limit.h"

#include <gtest/gtest.h>

namespace muster::engine {
namespace {

void Fill(HandshakeLimit* limit) {
  while (limit->HasRoom(false)) limit->Begin();
}

// As many handshakes as there are in flight end well, and others take their places.
void Round(HandshakeLimit* limit, bool prompt) {
  Fill(limit);
  const int ending = limit->in_flight();
  for (int i = 0; i < ending; ++i) {
    limit->OnSuccess(absl::Milliseconds(10), prompt);
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
    limit.OnSuccess(absl::Milliseconds(10), true);
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
    i % 10 == 0 ? limit.OnCongestion() : limit.OnSuccess(absl::Milliseconds(10), true);
    limit.End();
  }
  EXPECT_GT(limit.limit(), 8 * HandshakeLimit::kFirst);
}

// How many are in flight while somebody hurries, where handshakes take so long.
int InHurry(absl::Duration took) {
  HandshakeLimit limit;
  limit.OnSuccess(took, false);
  while (limit.HasRoom(true)) limit.Begin();
  return limit.in_flight();
}

TEST(HandshakeLimitTest, InAHurryNearHostsAreFew) {
  EXPECT_EQ(InHurry(absl::Milliseconds(1)), HandshakeLimit::kLeast + 1);
  EXPECT_EQ(InHurry(absl::Milliseconds(11)), HandshakeLimit::kLeast + 3);
}

TEST(HandshakeLimitTest, InAHurryHostsThatTakeLongAreReachedAtTheSameRate) {
  EXPECT_EQ(InHurry(absl::Milliseconds(119)), HandshakeLimit::kLeast + 30);
}

TEST(HandshakeLimitTest, AHurryDoesNotRaiseTheLimit) {
  EXPECT_EQ(InHurry(absl::Seconds(10)), HandshakeLimit::kFirst);
}

// A thousand hosts, each of which takes the processor for a millisecond: the others wait for it.
TEST(HandshakeLimitTest, InAHurryTheyGetFewWhereTheyWaitForTheProcessor) {
  HandshakeLimit limit;
  while (limit.HasRoom(false)) limit.Begin();
  for (int i = 0; i < 1000; ++i) {
    limit.OnSuccess(absl::Milliseconds(1) * limit.in_flight(), true);
    limit.End();
    if (limit.HasRoom(true)) limit.Begin();
  }
  EXPECT_LE(limit.in_flight(), 12);
}

TEST(HandshakeLimitTest, PatienceFollowsWhatHandshakesTake) {
  HandshakeLimit limit;
  EXPECT_EQ(limit.patience(), HandshakeLimit::kMostPatience);
  const auto after = [&](int count, absl::Duration took) {
    for (int i = 0; i < count; ++i) limit.OnSuccess(took, true);
    return limit.patience();
  };
  EXPECT_NEAR(absl::ToDoubleMilliseconds(after(1, absl::Milliseconds(10))), 80, 1);
  EXPECT_LT(after(1, absl::Seconds(10)), absl::Milliseconds(200));  // one that is far off
  EXPECT_NEAR(absl::ToDoubleMilliseconds(after(100, absl::Milliseconds(10))), 80, 1);
  EXPECT_EQ(after(100, absl::Milliseconds(1)), HandshakeLimit::kLeastPatience);
  EXPECT_EQ(after(100, absl::Seconds(1)), HandshakeLimit::kMostPatience);
}

}  // namespace
}  // namespace muster::engine
