#include "service/prepare/unfollowed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(UnfollowedTest, NothingIsToldOfDefaults) {
  EXPECT_THAT(UnfollowedOf(HostSettings()), IsEmpty());
  EXPECT_EQ(ObstacleOf(HostSettings()), "");
  EXPECT_THAT(Unfollowed().Warnings(), IsEmpty());
}

// As Debian has them for everybody.
TEST(UnfollowedTest, NorOfALocaleAndKerberos) {
  HostSettings settings;
  settings.send_env = {"LANG", "LC_*"};
  settings.gssapi_authentication = true;
  EXPECT_THAT(UnfollowedOf(settings), IsEmpty());
  settings.send_env.emplace_back("TOKEN");
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("SendEnv"));
}

TEST(UnfollowedTest, EachIsNamedAsItIsWritten) {
  HostSettings settings;
  settings.ciphers = "aes256-ctr";
  settings.request_tty = "force";
  settings.set_env = {"A=b"};
  settings.strict_host_key_checking = "no";
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("Ciphers", "RequestTTY", "SetEnv",
                                                  HasSubstr("StrictHostKeyChecking no")));
}

TEST(UnfollowedTest, OneOfTwoMethodsThatAPasswordGoesBy) {
  HostSettings settings;
  settings.password_authentication = false;
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("PasswordAuthentication no"));
  settings.kbd_interactive_authentication = false;
  EXPECT_THAT(UnfollowedOf(settings), IsEmpty());
}

TEST(UnfollowedTest, WhatWouldBeWrongIsAnObstacle) {
  HostSettings settings;
  settings.revoked_host_keys = "/revoked";
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("RevokedHostKeys"));
  settings.proxy_use_fdpass = true;
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("RevokedHostKeys"));
  settings.proxy_command = "nc %h %p";
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("ProxyUseFdpass"));
  settings.refuse_connection = "retired";
  EXPECT_EQ(ObstacleOf(settings), "RefuseConnection: retired");
}

}  // namespace
}  // namespace muster::service
