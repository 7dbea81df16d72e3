#include "service/prepare/jump_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Login Over(const std::vector<std::string>& entries) {
  v1::Login login;
  for (const std::string& entry : entries) login.add_jump_hosts(entry);
  return login;
}

TEST(JumpHostsTest, KeepTheirOrderAndGetAUserAndAPort) {
  v1::Login login = Over({"bob@gate:2222", "[2001:DB8::1]", "gate"});
  login.set_port(2200);  // of the targets
  const auto hosts = ListJumpHosts(login, "ann");
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  std::vector<std::string> texts;
  for (const engine::JumpHost& host : *hosts) {
    texts.push_back(host.user + " " + host.address + " " + std::to_string(host.port));
  }
  EXPECT_THAT(texts, ElementsAre("bob gate 2222", "ann 2001:db8::1 22", "ann gate 22"));
}

TEST(JumpHostsTest, WithoutAnyTheWayIsDirect) { EXPECT_TRUE(ListJumpHosts({}, "ann")->empty()); }

TEST(JumpHostsTest, AnEntryThatIsNoHostIsNamed) {
  for (const char* bad : {"", "a,b", "gate[1-2]", "@gates", "gate*", "gate:0", "gate:65536",
                          "-oProxyCommand=x", "ann@", "[::1", "gate inner", "a\nb", "ssh://gate"}) {
    const absl::Status status = ListJumpHosts(Over({"good", bad}), "ann").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("login.jump_hosts: \"" + std::string(bad) + "\": "));
  }
}

TEST(JumpHostsTest, WhatIsFarTooLongIsNotRepeated) {
  const absl::Status status = ListJumpHosts(Over({std::string(1 << 20, 'g')}), "ann").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "login.jump_hosts: an entry of 1048576 bytes; at most 255");
}

TEST(JumpHostsTest, ARerunWithAnotherLoginGoesTheRunsWayUnlessItNamesOne) {
  v1::Login of_run = Over({"gate"});
  of_run.set_user("ann");
  v1::Login login;
  KeepJumpHosts(of_run, &login);
  EXPECT_THAT(login.jump_hosts(), ElementsAre("gate"));
  EXPECT_EQ(login.user(), "ann");
  v1::Login with_user;
  with_user.set_user("bob");
  KeepJumpHosts(of_run, &with_user);
  EXPECT_EQ(with_user.user(), "bob");
  v1::Login other_way = Over({"other"});
  KeepJumpHosts(of_run, &other_way);
  EXPECT_THAT(other_way.jump_hosts(), ElementsAre("other"));
  EXPECT_EQ(other_way.user(), "");
}

TEST(JumpHostsTest, NoneIsTheDirectWay) {
  v1::Login login;
  login.add_jump_hosts("None");
  EXPECT_TRUE(ListJumpHosts(login, "ann")->empty());
  login.add_jump_hosts("gate");
  EXPECT_EQ(ListJumpHosts(login, "ann")->size(), 2u);
}

}  // namespace
}  // namespace muster::service
