#include "service/runs/activity.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::seconds;

constexpr Activity::Clock::time_point kStart;

TEST(ActivityTest, IdleSinceTheLastCallWhileNothingIsUnderWay) {
  Activity activity(kStart);
  EXPECT_EQ(activity.IdleFor(kStart + seconds(3)), absl::Seconds(3));
  activity.Touch(kStart + seconds(4));
  EXPECT_EQ(activity.IdleFor(kStart + seconds(5)), absl::Seconds(1));
  activity.Begin(kStart + seconds(5));
  activity.Begin(kStart + seconds(5));
  activity.End(kStart + seconds(6));
  EXPECT_EQ(activity.IdleFor(kStart + seconds(60)), absl::ZeroDuration());
  activity.End(kStart + seconds(61));
  EXPECT_EQ(activity.IdleFor(kStart + seconds(63)), absl::Seconds(2));
}

}  // namespace
}  // namespace muster::service
