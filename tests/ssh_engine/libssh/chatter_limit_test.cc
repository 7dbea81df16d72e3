#include "ssh_engine/libssh/chatter_limit.h"

#include <gtest/gtest.h>

namespace muster::engine {
namespace {

absl::Time now = absl::UnixEpoch();
constexpr uint64_t kMebibyte = 1024 * 1024;

TEST(ChatterLimitTest, SoMuchInAPeriod) {
  ChatterLimit limit([] { return now; });
  EXPECT_FALSE(limit.Passed(ChatterLimit::kMost, 0));
  EXPECT_TRUE(limit.Passed(ChatterLimit::kMost + ChatterLimit::kStep, 0));
}

TEST(ChatterLimitTest, SmallPacketsCountToo) {
  ChatterLimit limit([] { return now; });
  EXPECT_TRUE(limit.Passed(kMebibyte, 1'000'000));
}

TEST(ChatterLimitTest, KeepAlivesOfAMonthAreNoFlood) {
  ChatterLimit limit([] { return now; });
  for (uint64_t second = 1; second <= 30 * 24 * 3600; ++second) {
    now += absl::Seconds(1);
    ASSERT_FALSE(limit.Passed(second * 40, second)) << second;
  }
}

TEST(ChatterLimitTest, OutputIsNone) {
  ChatterLimit limit([] { return now; });
  uint64_t bytes = 0;
  for (uint64_t packet = 1; packet <= 1'000'000; ++packet) {
    limit.CountData(1);
    bytes += 1 + 9;  // its head
    ASSERT_FALSE(limit.Passed(bytes, packet)) << packet;
  }
}

TEST(ChatterLimitTest, KeysMayBeExchangedAsOftenAsOutputNeedsIt) {
  ChatterLimit limit([] { return now; });
  uint64_t bytes = 0;
  uint64_t packets = 0;
  for (int i = 0; i < 100'000; ++i) {
    limit.CountData(16 * 1024);
    bytes += 16 * 1024 + 9 + 3000;
    packets += 4;
    ASSERT_FALSE(limit.Passed(bytes, packets)) << i;
  }
}

// RekeyLimit 1M; KEXINIT, DH_GEX_GROUP and DH_GEX_REPLY of 8192 bits.
TEST(ChatterLimitTest, WhoTakesLongMayExchangeKeysForEachHalfMebibyte) {
  ChatterLimit limit([] { return now; });
  limit.Tighten();
  uint64_t bytes = 0;
  uint64_t packets = 0;
  for (int i = 0; i < 10'000; ++i) {
    limit.CountData(kMebibyte / 2);
    bytes += kMebibyte / 2 + 3500;
    packets += 5;
    ASSERT_FALSE(limit.Passed(bytes, packets)) << i;
  }
}

// 16 ms each.
TEST(ChatterLimitTest, WhoTakesLongMayNotExchangeKeysForNothing) {
  ChatterLimit limit([] { return now; });
  limit.Tighten();
  int exchanges = 1;
  for (; exchanges < 1000; ++exchanges) {
    if (limit.Passed(exchanges * 2300, exchanges * 4)) break;
  }
  EXPECT_LT(exchanges, 250);
}

// Else a flood could come after much output.
TEST(ChatterLimitTest, OutputIsNoCredit) {
  ChatterLimit limit([] { return now; });
  uint64_t bytes = 0;
  uint64_t packets = 0;
  for (; packets < 1000; ++packets) {
    limit.CountData(kMebibyte);
    bytes += kMebibyte;
    ASSERT_FALSE(limit.Passed(bytes, packets + 1));
  }
  EXPECT_TRUE(limit.Passed(bytes + ChatterLimit::kMost + 1, packets));
}

TEST(ChatterLimitTest, WhoSendsMuchIsToldOfItsWindowOften) {
  ChatterLimit limit([] { return now; });
  for (uint64_t packet = 1; packet <= 1'000'000; ++packet) {
    ASSERT_FALSE(limit.Passed(packet * 9, packet, packet * 32 * 1024)) << packet;
  }
}

TEST(ChatterLimitTest, AnswersEarnNothing) {
  ChatterLimit limit([] { return now; });
  uint64_t packet = 1;
  while (packet < 1'000'000 && !limit.Passed(packet * 6, packet, packet * 5)) ++packet;
  EXPECT_LT(packet, 60'000u);
}

TEST(ChatterLimitTest, DataWithoutBytesIsChatter) {
  ChatterLimit limit([] { return now; });
  for (int i = 0; i < 100'000; ++i) limit.CountData(0);
  EXPECT_TRUE(limit.Passed(900'000, 100'000));
}

}  // namespace
}  // namespace muster::engine
