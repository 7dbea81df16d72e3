#include "client/options/ssh_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "client/output/ssh_config_hint.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

SshConfig Parsed(const char* text) {
  SshConfig config;
  config.Parse(text, ::testing::TempDir());
  return config;
}

TEST(SshConfigTest, TheFirstValueOfEachKeywordCounts) {
  const SshConfig config = Parsed(
      "# all\n"
      "Host web1 web2\n  HostName=10.0.0.1\n\tPort 2200\n"
      "Host web* !web9\n  Port 22\n  user \"deploy\"\n"
      "Match exec \"rm -rf /\"\n  User evil\n"
      "Match all\n  ProxyJump gate\n  HashKnownHosts yes\n");
  EXPECT_THAT(config.Of("WEB1"), ElementsAre(Pair("hostname", "10.0.0.1"), Pair("port", "2200"),
                                             Pair("proxyjump", "gate"), Pair("user", "deploy")));
  EXPECT_THAT(config.Of("web9"), ElementsAre(Pair("proxyjump", "gate")));
}

TEST(SshConfigTest, WhatSaysNothingOfTheWayIsEmpty) {
  EXPECT_TRUE(Parsed("Host *\n SendEnv LANG\n HashKnownHosts yes\n").empty());
  SshConfig config;
  config.Read("/no/such/file");
  EXPECT_TRUE(config.empty());
}

TEST(SshConfigTest, Includes) {
  std::ofstream(::testing::TempDir() + "/more.conf") << "User inner\nHost db1\nPort 23\n"
                                                     << "Include more.conf\n";
  const SshConfig config = Parsed("Host web1\nInclude more.conf\nHost *\nUser outer\n");
  EXPECT_EQ(config.Of("web1").at("user"), "inner");
  EXPECT_EQ(config.Of("db1").at("port"), "23");
  EXPECT_EQ(config.Of("db1").at("user"), "inner");  // which the file says again, included by db1
  EXPECT_EQ(config.Of("db2").at("user"), "outer");
}

// What a hint says on standard error.
class SshConfigHintTest : public ::testing::Test {
 protected:
  std::string Hint(const char* config, const GivenLogin& given, v1::HostState end) {
    OutputWriter writer;
    auto hint = NewSshConfigHint(&writer, Parsed(config), given);
    RunView view;
    v1::Event event;
    for (const char* name : {"web1", "web2"}) {
      v1::RunHost* host = event.mutable_hosts_added()->add_hosts();
      host->set_name(name);
      host->set_address(name);
      host->set_user("somebody");
      host->set_port(22);
    }
    view.Apply(event);
    hint->OnEvent(event, view);
    v1::Event ended;
    ended.mutable_host_finished()->mutable_outcome()->set_state(end);
    view.Apply(ended);
    hint->OnEnd(view);
    std::string text;
    text.swap(*writer.To(2));
    return text;
  }
};

TEST_F(SshConfigHintTest, AnotherWayIsToldOnce) {
  const std::string text =
      Hint("Host web*\nHostName %h.internal\nPort 2200\n", {}, v1::HOST_STATE_UNREACHABLE);
  EXPECT_THAT(text, ::testing::HasSubstr("for web1 it has HostName web1.internal, Port 2200"));
  EXPECT_THAT(text, ::testing::HasSubstr("for web2"));
}

TEST_F(SshConfigHintTest, WhatIsGivenWins) {
  GivenLogin given;
  given.port = given.jump = given.identity = true;
  EXPECT_EQ(Hint("Host web1\nPort 2200\nProxyJump gate\nIdentityFile k\n", given,
                 v1::HOST_STATE_AUTHENTICATION_FAILED),
            "");
}

TEST_F(SshConfigHintTest, KeysAreToldOnlyWhereALoginFailed) {
  const char* config = "Host web1\nIdentityFile ~/.ssh/work\n";
  EXPECT_EQ(Hint(config, {}, v1::HOST_STATE_SUCCEEDED), "");
  EXPECT_THAT(Hint(config, {}, v1::HOST_STATE_AUTHENTICATION_FAILED),
              ::testing::HasSubstr("for web1 it has IdentityFile ~/.ssh/work"));
}

}  // namespace
}  // namespace muster::client
