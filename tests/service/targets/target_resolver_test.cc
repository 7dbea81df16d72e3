#include "service/targets/target_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "service/targets/load_inventory.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

TEST(TargetResolverTest, WithoutAnInventoryNamesAreAddresses) {
  auto hosts = ResolveTargets("ann@web[1-2]:2222,[::1]", nullptr, 10);
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  ASSERT_EQ(hosts->size(), 3);
  EXPECT_EQ((*hosts)[0].name, "::1");
  EXPECT_EQ((*hosts)[0].address, "::1");
  EXPECT_EQ((*hosts)[0].user, "");
  EXPECT_EQ((*hosts)[0].port, 0);
  EXPECT_EQ((*hosts)[2].name, "web2");
  EXPECT_EQ((*hosts)[2].address, "web2");
  EXPECT_EQ((*hosts)[2].user, "ann");
  EXPECT_EQ((*hosts)[2].port, 2222);
}

TEST(TargetResolverTest, AnEmptySetIsAnError) {
  for (const std::string expression : {"", " ", "web1!web1", "web1&web2"}) {
    const absl::Status status = ResolveTargets(expression, nullptr, 10).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << expression;
    EXPECT_EQ(status.message(), "the expression selects no host");
  }
}

TEST(TargetResolverTest, TheLimitIsPassedOn) {
  EXPECT_EQ(ResolveTargets("web[1-10]", nullptr, 10)->size(), 10);
  EXPECT_EQ(ResolveTargets("web[1-11]", nullptr, 10).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(TargetResolverTest, TwoSpellingsOfOneHostAreOneHost) {
  auto inventory = ParseInventory("web1 ansible_port=2222 ansible_user=ann\n", "inv");
  ASSERT_TRUE(inventory.ok()) << inventory.status();
  auto hosts = ResolveTargets("web1,web1:2222,ann@web1,ann@web1:22", inventory->get(), 10);
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  ASSERT_EQ(hosts->size(), 2);
  EXPECT_EQ((*hosts)[0].port, 2222);
  EXPECT_EQ((*hosts)[1].port, 22);
}

TEST(TargetResolverTest, MalformedExpressionsShowWhere) {
  EXPECT_THAT(std::string(ResolveTargets("web[1", nullptr, 10).status().message()),
              HasSubstr("position 4"));
}

}  // namespace
}  // namespace muster::service
