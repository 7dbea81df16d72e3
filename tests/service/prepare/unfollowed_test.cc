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
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre(HasSubstr("SendEnv (--request-env NAME")));
}

TEST(UnfollowedTest, EachIsNamedAsItIsWritten) {
  HostSettings settings;
  settings.forward_agent = true;
  settings.strict_host_key_checking = "no";
  EXPECT_THAT(UnfollowedOf(settings),
              ElementsAre("ForwardAgent", HasSubstr("StrictHostKeyChecking no")));
}

TEST(UnfollowedTest, WhatSshWouldDoBesideTheCommandIsNamed) {
  HostSettings settings;
  settings.dynamic_forward = settings.local_forward = settings.remote_forward = true;
  settings.forward_agent = settings.stdin_null = true;
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("DynamicForward", "ForwardAgent", "LocalForward",
                                                  "RemoteForward", "StdinNull"));
}

TEST(UnfollowedTest, WhatSshWouldDoInItsPlaceIsNamed) {
  HostSettings settings;
  settings.remote_command = "tmux";
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("RemoteCommand"));
  settings = HostSettings();
  settings.session_type = "none";
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("SessionType none"));
  settings.session_type = "subsystem";
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("SessionType subsystem"));
}

TEST(UnfollowedTest, LocalCommandCountsWhereItIsPermitted) {
  HostSettings settings;
  settings.local_command = "notify";
  EXPECT_THAT(UnfollowedOf(settings), IsEmpty());
  settings.permit_local_command = true;
  EXPECT_THAT(UnfollowedOf(settings), ElementsAre("LocalCommand"));
}

TEST(UnfollowedTest, PathsBelowTheFolderOfACallAreObstacles) {
  HostSettings settings;
  settings.identity_agent = "run/agent";
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("IdentityAgent run/agent is below the folder"));
  settings.global_known_hosts_files = {"/etc/known", "~/known"};
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("GlobalKnownHostsFile ~/known is below"));
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("write it from / on"));
  settings.user_known_hosts_files = {"known"};
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("UserKnownHostsFile known is below"));
  settings.certificate_files = {{"keys/cert", "keys/cert"}};
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("CertificateFile keys/cert is below"));
  settings.identity_files = std::vector<NamedFile>{{"~/a", "/home/ann/a"}, {"keys/%u", "keys/ann"}};
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("IdentityFile keys/ann is below"));
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("write it with ~/, or from / on"));
}

TEST(UnfollowedTest, WhatIsNoPathIsNoObstacle) {
  HostSettings settings;
  settings.identity_files = std::vector<NamedFile>{{"none", ""}};
  for (const char* agent : {"none", "SSH_AUTH_SOCK", "$MY_AGENT", "/run/agent"}) {
    settings.identity_agent = agent;
    EXPECT_EQ(ObstacleOf(settings), "") << agent;
  }
}

TEST(UnfollowedTest, WhatWouldBeWrongIsAnObstacle) {
  HostSettings settings;
  settings.revoked_host_keys = "/revoked";
  EXPECT_EQ(ObstacleOf(settings), "");
  settings.revoked_host_keys = "revoked";
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("RevokedHostKeys revoked is below the folder"));
  settings.proxy_use_fdpass = true;
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("RevokedHostKeys"));
  settings.proxy_command = "nc %h %p";
  EXPECT_THAT(ObstacleOf(settings), HasSubstr("ProxyUseFdpass"));
  settings.refuse_connection = "retired";
  EXPECT_EQ(ObstacleOf(settings), "RefuseConnection: retired");
}

}  // namespace
}  // namespace muster::service
