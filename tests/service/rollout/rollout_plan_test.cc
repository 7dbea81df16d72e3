#include "service/rollout/rollout_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Rollout WithBatches(const std::vector<std::string>& batches) {
  v1::Rollout rollout;
  for (const std::string& batch : batches) rollout.add_batches(batch);
  return rollout;
}

RolloutPlan Plan(const v1::Rollout& rollout, size_t hosts) {
  absl::StatusOr<RolloutPlan> plan = PlanRollout(rollout, std::vector<v1::RunHost>(hosts));
  EXPECT_TRUE(plan.ok()) << plan.status();
  return *std::move(plan);
}

TEST(RolloutPlanTest, Batches) {
  const struct {
    std::vector<std::string> batches;
    size_t hosts;
    std::vector<size_t> ends;
  } cases[] = {
      {{}, 5, {5}},
      {{"1"}, 3, {1, 2, 3}},
      {{"1", "10%", "50%", "100%"}, 100, {1, 11, 61, 100}},
      {{"1", "10%", "50%", "100%"}, 1, {1}},
      {{"1", "10%", "50%", "100%"}, 4, {1, 2, 4}},
      {{"2", "3"}, 9, {2, 5, 8, 9}},  // the last repeats
      {{"34%"}, 100, {34, 68, 100}},
      {{"34%"}, 10, {4, 8, 10}},  // rounded up
      {{"5", "1"}, 5, {5}},
      {{"4294967295"}, 7, {7}},
      {{"3", "4294967295"}, 7, {3, 7}},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Plan(WithBatches(c.batches), c.hosts).batch_ends, c.ends)
        << testing::PrintToString(c.batches) << " of " << c.hosts;
  }
}

TEST(RolloutPlanTest, EveryNumberOfHostsIsCovered) {
  for (size_t hosts = 1; hosts < 300; ++hosts) {
    const RolloutPlan plan = Plan(WithBatches({"1", "7%", "33%"}), hosts);
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
    const char* text;
    size_t hosts;
    absl::optional<uint32_t> most;
  } cases[] = {
      {"", 10, absl::nullopt}, {"0", 10, 0},   {"3", 10, 3},       {"10%", 9, 0},
      {"10%", 10, 1},          {"10%", 19, 1}, {"100%", 100, 100}, {"0%", 100, 0},
  };
  for (const auto& c : cases) {
    v1::Rollout rollout;
    rollout.set_max_failures(c.text);
    EXPECT_EQ(Plan(rollout, c.hosts).max_failures, c.most) << c.text << " of " << c.hosts;
  }
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
  absl::StatusOr<RolloutPlan> plan = PlanRollout(rollout, hosts);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->batch_pause, absl::Seconds(90));
  EXPECT_TRUE(plan->confirm_batches);
  EXPECT_TRUE(plan->probe);
  EXPECT_THAT(plan->order, ElementsAre(1, 0));
}

TEST(RolloutPlanTest, NamesTheFieldThatIsMalformed) {
  const std::vector<v1::RunHost> hosts(3);
  EXPECT_THAT(std::string(PlanRollout(WithBatches({"1", "x"}), hosts).status().message()),
              HasSubstr("rollout.batches: \"x\""));
  v1::Rollout rollout;
  rollout.set_max_failures("-1");
  EXPECT_THAT(std::string(PlanRollout(rollout, hosts).status().message()),
              HasSubstr("rollout.max_failures: \"-1\""));
}

}  // namespace
}  // namespace muster::service
