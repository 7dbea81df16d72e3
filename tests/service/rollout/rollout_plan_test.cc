#include "service/rollout/rollout_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/service/amounts.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

v1::Rollout WithBatches(const std::vector<v1::HostAmount>& batches) {
  v1::Rollout rollout;
  for (const v1::HostAmount& batch : batches) *rollout.add_batches() = batch;
  return rollout;
}

RolloutPlan Plan(const v1::Rollout& rollout, size_t hosts) {
  return PlanRollout(rollout, std::vector<v1::RunHost>(hosts));
}

TEST(RolloutPlanTest, Batches) {
  const struct {
    std::vector<v1::HostAmount> batches;
    size_t hosts;
    std::vector<size_t> ends;
  } cases[] = {
      {{}, 5, {5}},
      {{Hosts(1)}, 3, {1, 2, 3}},
      {{Hosts(1), Percent(10), Percent(50), Percent(100)}, 100, {1, 11, 61, 100}},
      {{Hosts(1), Percent(10), Percent(50), Percent(100)}, 1, {1}},
      {{Hosts(1), Percent(10), Percent(50), Percent(100)}, 4, {1, 2, 4}},
      {{Hosts(2), Hosts(3)}, 9, {2, 5, 8, 9}},  // the last repeats
      {{Percent(34)}, 100, {34, 68, 100}},
      {{Percent(34)}, 10, {4, 8, 10}},  // rounded up
      {{Hosts(5), Hosts(1)}, 5, {5}},
      {{Hosts(4294967295)}, 7, {7}},
      {{Hosts(3), Hosts(4294967295)}, 7, {3, 7}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Plan(WithBatches(c.batches), c.hosts).batch_ends, c.ends)
        << WithBatches(c.batches).ShortDebugString() << " of " << c.hosts;
  }
}

TEST(RolloutPlanTest, EveryNumberOfHostsIsCovered) {
  for (size_t hosts = 1; hosts < 300; ++hosts) {
    const RolloutPlan plan = Plan(WithBatches({Hosts(1), Percent(7), Percent(33)}), hosts);
    size_t before = 0;
    for (const size_t end : plan.batch_ends) {
      EXPECT_GT(end, before);
      before = end;
    }
    EXPECT_EQ(before, hosts);
    EXPECT_EQ(plan.order.size(), hosts);
  }
}

TEST(RolloutPlanTest, MaxFailures) {
  const struct {
    v1::HostAmount most;
    size_t hosts;
    uint32_t expected;
  } cases[] = {
      {Hosts(0), 10, 0},    {Hosts(3), 10, 3},        {Percent(10), 9, 0},  {Percent(10), 10, 1},
      {Percent(10), 19, 1}, {Percent(100), 100, 100}, {Percent(0), 100, 0},
  };
  for (const auto& c : cases) {
    v1::Rollout rollout;
    *rollout.mutable_max_failures() = c.most;
    EXPECT_EQ(Plan(rollout, c.hosts).max_failures, c.expected) << c.most.ShortDebugString();
  }
  EXPECT_EQ(Plan({}, 10).max_failures, absl::nullopt);
}

TEST(RolloutPlanTest, TheRest) {
  v1::Rollout rollout;
  rollout.mutable_batch_pause()->set_seconds(90);
  rollout.set_confirm_batches(true);
  rollout.mutable_probe()->set_shell("true");
  rollout.set_order(v1::HOST_ORDER_SORTED);
  std::vector<v1::RunHost> hosts(2);
  hosts[0].set_name("b");
  hosts[1].set_name("a");
  const RolloutPlan plan = PlanRollout(rollout, hosts);
  EXPECT_EQ(plan.batch_pause, absl::Seconds(90));
  EXPECT_TRUE(plan.confirm_batches);
  EXPECT_TRUE(plan.probe);
  EXPECT_THAT(plan.order, ElementsAre(1, 0));
}

}  // namespace
}  // namespace muster::service
