#include "service/targets/ignored_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/targets/load_inventory.h"

namespace muster::service {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Hint(const std::vector<std::string>& ignored) {
  const auto inventory = *ParseInventory("h ansible_become=1 ansible_connection=local\n", "inv");
  return HintOfIgnored(ignored, inventory.get());
}

TEST(IgnoredHintTest, ANameThatIsNowhereIsToldWithTheClosest) {
  EXPECT_THAT(Hint({"ansible_becom", "ansible_connection"}),
              AllOf(HasSubstr("targets.ignored_variables: no host of inv"),
                    HasSubstr("\"ansible_becom\" (did you mean ansible_become"),
                    Not(HasSubstr("ansible_connection\""))));
  EXPECT_THAT(Hint({"zzz"}), AllOf(HasSubstr("\"zzz\""), Not(HasSubstr("did you mean"))));
}

TEST(IgnoredHintTest, NamesThatAreOfUseAreNotTold) {
  EXPECT_EQ(Hint({"ansible_become", "ansible_connection"}), "");
  EXPECT_EQ(Hint({}), "");
  EXPECT_EQ(HintOfIgnored({}, nullptr), "");
}

TEST(IgnoredHintTest, WithoutAnInventoryThereIsNothingToLeaveOut) {
  EXPECT_THAT(HintOfIgnored({std::string("ansible_become")}, nullptr),
              HasSubstr("there is no inventory"));
}

}  // namespace
}  // namespace muster::service
