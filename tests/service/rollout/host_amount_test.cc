#include "service/rollout/host_amount.h"

#include <gtest/gtest.h>

#include "tests/service/amounts.h"

namespace muster::service {
namespace {

TEST(HostAmountTest, APercentageIsRoundedUpOrDown) {
  EXPECT_EQ(RoundedUp(Hosts(7), 3), 7u);
  EXPECT_EQ(RoundedDown(Hosts(0), 3), 0u);
  EXPECT_EQ(RoundedUp(Hosts(4'294'967'295), 3), 4'294'967'295u);
  EXPECT_EQ(RoundedUp(Percent(10), 1), 1u);
  EXPECT_EQ(RoundedUp(Percent(10), 100), 10u);
  EXPECT_EQ(RoundedUp(Percent(10), 101), 11u);
  EXPECT_EQ(RoundedDown(Percent(10), 9), 0u);
  EXPECT_EQ(RoundedDown(Percent(10), 109), 10u);
  EXPECT_EQ(RoundedUp(Percent(100), 99'999), 99'999u);
  EXPECT_EQ(RoundedDown(Percent(100), 99'999), 99'999u);
}

TEST(HostAmountTest, SaysWhatIsWrong) {
  EXPECT_EQ(ProblemOf(Hosts(0), 0), "");
  EXPECT_EQ(ProblemOf(Hosts(1), 1), "");
  EXPECT_EQ(ProblemOf(Percent(100), 1), "");
  EXPECT_EQ(ProblemOf(Hosts(0), 1), "0 hosts; at least 1");
  EXPECT_EQ(ProblemOf(Percent(0), 1), "0%; it must be from 1% to 100%");
  EXPECT_EQ(ProblemOf(Percent(101), 0), "101%; it must be from 0% to 100%");
  EXPECT_EQ(ProblemOf({}, 0), "neither hosts nor percent is set");
}

}  // namespace
}  // namespace muster::service
