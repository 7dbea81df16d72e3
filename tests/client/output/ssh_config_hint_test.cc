#include "client/output/ssh_config_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "client/options/ssh_config.h"

namespace muster::client {
namespace {

// What a hint says on standard error.
class SshConfigHintTest : public ::testing::Test {
 protected:
  std::string Hint(const char* config, const GivenLogin& given, v1::HostState end) {
    OutputWriter writer;
    SshConfig parsed;
    parsed.Parse(config, ::testing::TempDir());
    auto hint = NewSshConfigHint(&writer, std::move(parsed), given);
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
