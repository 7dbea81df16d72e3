#include "service/prepare/plain_ways.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::RunHost Host(const std::vector<std::string>& options) {
  v1::RunHost host;
  host.set_name("web1");
  for (const std::string& option : options) host.add_ssh_options(option);
  return host;
}

PlainWays::Given Given() {
  PlainWays::Given given;
  given.credential.keys.identity_files.push_back({"/keys/mine", {}});
  given.default_user = "ann";
  return given;
}

std::vector<std::string> JumpsOf(const AccessSpec& spec) {
  std::vector<std::string> jumps;
  for (const JumpSpec& jump : spec.jump_hosts) {
    jumps.push_back(absl::StrCat(jump.user, "@", jump.address, ":", jump.port));
  }
  return jumps;
}

TEST(PlainWaysTest, TheInventorysJumpHostsAndKeysAreFollowed) {
  PlainWays ways(Given());
  const auto spec = ways.Find(Host({"ProxyJump=gate,bob@inner:2200", "IdentityFile=/keys/a b"}));
  EXPECT_FALSE(spec.ok()) << "ssh would not take that either";
  const auto found = ways.Find(Host({"ProxyJump=gate,bob@inner:2200", "identityfile /keys/a",
                                     "LogLevel=QUIET", "ProxyJump=late"}));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(JumpsOf(**found), ElementsAre("ann@gate:22", "bob@inner:2200"));
  const auto& files = (*found)->credential.keys.identity_files;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].path, "/keys/mine");
  EXPECT_EQ(files[1].path, "/keys/a");
  EXPECT_FALSE(files[1].required);
  EXPECT_TRUE(files[1].named);
}

TEST(PlainWaysTest, HostsOfWhichTheSameIsSaidShareOne) {
  PlainWays ways(Given());
  EXPECT_EQ(*ways.Find(Host({})), *ways.Find(Host({})));
  EXPECT_EQ(*ways.Find(Host({"ProxyJump=gate"})), *ways.Find(Host({"ProxyJump=gate"})));
  EXPECT_NE(*ways.Find(Host({"ProxyJump=gate"})), *ways.Find(Host({})));
}

TEST(PlainWaysTest, AWayThatWasGivenCounts) {
  PlainWays::Given given = Given();
  given.way_is_given = true;
  given.jump_hosts = {{"gate", 22, "ann"}};
  EXPECT_THAT(JumpsOf(**PlainWays(given).Find(Host({"ProxyJump=other"}))),
              ElementsAre("ann@gate:22"));
  given.jump_hosts.clear();  // "none"
  EXPECT_THAT(JumpsOf(**PlainWays(given).Find(Host({"ProxyJump=other"}))), IsEmpty());
}

TEST(PlainWaysTest, NoneIsDirectly) {
  EXPECT_THAT(JumpsOf(**PlainWays(Given()).Find(Host({"ProxyJump=none", "ProxyJump=gate"}))),
              IsEmpty());
}

TEST(PlainWaysTest, WhatNeedsSshConfigIsRefusedByName) {
  PlainWays ways(Given());
  for (const char* option : {"ProxyCommand=nc %h %p", "Compression=yes", "User=x", "Host=web1"}) {
    const absl::Status status = ways.Find(Host({option})).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << option;
    const std::string keyword(option, std::string(option).find('='));
    EXPECT_THAT(std::string(status.message()), HasSubstr(keyword));
  }
  EXPECT_THAT(std::string(ways.Find(Host({"Prot=22"})).status().message()), HasSubstr("Prot"));
}

// Whoever may use it is not to have other keys of the daemon's machine.
TEST(PlainWaysTest, ANamedCredentialHasItsOwnKeys) {
  PlainWays::Given given = Given();
  given.credential_name = "deploy";
  PlainWays ways(given);
  EXPECT_TRUE(ways.Find(Host({"ProxyJump=gate"})).ok());
  EXPECT_THAT(std::string(ways.Find(Host({"IdentityFile=/keys/a"})).status().message()),
              HasSubstr("credential \"deploy\""));
}

TEST(PlainWaysTest, TheJumpHostsOfAllAreToldOnce) {
  PlainWays ways(Given());
  const auto jumps =
      ways.InventoryJumps({Host({}), Host({"ProxyJump=gate"}), Host({"ProxyJump=gate,inner"}),
                           Host({"ProxyJump=gate:23"}), Host({"Compression=yes"})});
  ASSERT_EQ(jumps.size(), 3u);
  EXPECT_EQ(jumps[0].address, "gate");
  EXPECT_EQ(jumps[1].address, "inner");
  EXPECT_EQ(jumps[2].port, 23);
}

}  // namespace
}  // namespace muster::service
