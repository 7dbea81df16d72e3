#include "service/targets/group_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/targets/load_inventory.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

std::string Hint(const char* expression) {
  const auto inventory =
      ParseInventory("[prod]\nweb[1:3]\n[db]\ndb\ndb2\n[stage]\nweb3\n", "hosts.ini");
  return inventory.ok() ? HintOfGroups(expression, **inventory) : inventory.status().ToString();
}

TEST(GroupHintTest, AGroupsNameIsToldWhereNoHostHasIt) {
  EXPECT_THAT(Hint("prod"), HasSubstr("did you mean @prod?"));
  EXPECT_THAT(Hint("web1,prod!stage"), HasSubstr("@prod, @stage?"));
  EXPECT_THAT(Hint("web1!(prod)"), HasSubstr("hosts.ini"));
}

TEST(GroupHintTest, WhatIsMeantAsItIsIsLeftAlone) {
  for (const char* expression : {"web1", "@prod", "@prod!@stage", "web[1-3]", "prod1", "db", ""}) {
    EXPECT_EQ(Hint(expression), "") << expression;
  }
}

}  // namespace
}  // namespace muster::service
