#include "service/daemon/session_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

constexpr size_t kGib = size_t{1} << 30;

TEST(SessionBudgetTest, TheScarcerOfDescriptorsAndMemoryDecides) {
  EXPECT_EQ(PlanSessions({20'000, 24 * kGib}, 0).sessions, 18'976u);
  EXPECT_EQ(PlanSessions({1'000'000, 1 * kGib}, 0).sessions, 8192u);
}

TEST(SessionBudgetTest, LeavesDescriptorsToCallers) {
  EXPECT_EQ(PlanSessions({1024, 24 * kGib}, 0).sessions, 896u);
  EXPECT_EQ(PlanSessions({64, 24 * kGib}, 0).sessions, 32u);
  EXPECT_EQ(PlanSessions({1, 24 * kGib}, 0).sessions, 1u);
}

TEST(SessionBudgetTest, WhatIsWantedIsTakenIfTheDescriptorsAllow) {
  EXPECT_EQ(PlanSessions({20'000, 1 * kGib}, 10'000).sessions, 10'000u);
  EXPECT_EQ(PlanSessions({1024, 24 * kGib}, 10'000).sessions, 896u);
}

TEST(SessionBudgetTest, SaysHowItCameAbout) {
  EXPECT_THAT(PlanSessions({1024, 1 * kGib}, 7).reason,
              HasSubstr("1024 descriptors allow 896, half of 1024 MiB of memory 8192, "
                        "--max-sessions 7"));
}

}  // namespace
}  // namespace muster::service
