#include "service/ssh_config/private_group.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

TEST(PrivateGroupTest, OneUserWhoseGroupItIsOrWhomItLists) {
  EXPECT_TRUE(HoldsOnly({{1000}, {}}, 1000, "ann"));
  EXPECT_TRUE(HoldsOnly({{}, {"ann"}}, 1000, "ann"));
  EXPECT_TRUE(HoldsOnly({{1000}, {"ann"}}, 1000, "ann"));
}

TEST(PrivateGroupTest, NotWithOthersAndNotWithNobody) {
  EXPECT_FALSE(HoldsOnly({{1000, 1001}, {}}, 1000, "ann"));
  EXPECT_FALSE(HoldsOnly({{1000}, {"ann", "bob"}}, 1000, "ann"));
  EXPECT_FALSE(HoldsOnly({{1001}, {}}, 1000, "ann"));
  EXPECT_FALSE(HoldsOnly({{}, {}}, 1000, "ann"));
}

TEST(PrivateGroupTest, AGroupThatIsNotThereIsNobodys) {
  EXPECT_FALSE(IsPrivateGroup(4000000000U, 0, 0));
}

}  // namespace
}  // namespace muster::service
