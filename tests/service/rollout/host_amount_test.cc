#include "service/rollout/host_amount.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

TEST(HostAmountTest, IsANumberOrAPercentage) {
  EXPECT_EQ(ParseHostAmount("f", "7", 1)->RoundedUp(3), 7u);
  EXPECT_EQ(ParseHostAmount("f", "0", 0)->RoundedDown(3), 0u);
  EXPECT_EQ(ParseHostAmount("f", "4294967295", 0)->RoundedUp(3), 4'294'967'295u);
  EXPECT_TRUE(ParseHostAmount("f", "10%", 1)->percent);
}

TEST(HostAmountTest, APercentageIsRoundedUpOrDown) {
  const HostAmount tenth = *ParseHostAmount("f", "10%", 1);
  EXPECT_EQ(tenth.RoundedUp(1), 1u);
  EXPECT_EQ(tenth.RoundedUp(100), 10u);
  EXPECT_EQ(tenth.RoundedUp(101), 11u);
  EXPECT_EQ(tenth.RoundedDown(9), 0u);
  EXPECT_EQ(tenth.RoundedDown(109), 10u);
  const HostAmount all = *ParseHostAmount("f", "100%", 1);
  EXPECT_EQ(all.RoundedUp(99'999), 99'999u);
  EXPECT_EQ(all.RoundedDown(99'999), 99'999u);
}

TEST(HostAmountTest, SaysWhatIsWrong) {
  for (const char* text :
       {"", "%", "-1", "+1", " 1", "1 %", "1.5", "10%%", "ten", "101%", "0", "0%", "4294967296"}) {
    const absl::Status status = ParseHostAmount("rollout.batches", text, 1).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("rollout.batches")) << text;
  }
}

}  // namespace
}  // namespace muster::service
