#include "service/targets/ssh_arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Options(absl::string_view arguments) {
  auto options = SshOptionsOf(arguments);
  EXPECT_TRUE(options.ok()) << options.status();
  return options.ok() ? *options : std::vector<std::string>();
}

std::string Error(absl::string_view arguments) {
  return std::string(SshOptionsOf(arguments).status().message());
}

TEST(SshArgumentsTest, OptionsAreTakenAsTheyAre) {
  EXPECT_THAT(Options("-o ProxyCommand=\"ssh -W %h:%p gate\" -oPort=2200 -o 'User ann'"),
              ElementsAre("ProxyCommand=ssh -W %h:%p gate", "Port=2200", "User ann"));
}

TEST(SshArgumentsTest, FlagsAreOptionsInOtherWords) {
  EXPECT_THAT(Options("-J ann@gate:2222,inner -i ~/.ssh/id -p 2200 -l bob -C -4"),
              ElementsAre("ProxyJump=ann@gate:2222,inner", "IdentityFile=~/.ssh/id", "Port=2200",
                          "User=bob", "Compression=yes", "AddressFamily=inet"));
  EXPECT_THAT(Options("-A -tt -b 10.0.0.1 -c aes128-ctr -m hmac-sha2-256"),
              ElementsAre("ForwardAgent=yes", "RequestTTY=yes", "RequestTTY=yes",
                          "BindAddress=10.0.0.1", "Ciphers=aes128-ctr", "MACs=hmac-sha2-256"));
}

TEST(SshArgumentsTest, FlagsMayShareAWordAsForGetopt) {
  EXPECT_THAT(Options("-qCi key -Jgate"),
              ElementsAre("Compression=yes", "IdentityFile=key", "ProxyJump=gate"));
}

TEST(SshArgumentsTest, WhatHasNoPartInReachingAHostIsLeftOut) {
  EXPECT_THAT(Options("-q -vvv -T -n -x -S /tmp/%C -E log -e none -M"), ElementsAre());
  EXPECT_THAT(Options("  "), ElementsAre());
}

TEST(SshArgumentsTest, PathsAreQuotedWhereTheyNeedIt) {
  EXPECT_THAT(Options("-i '/keys/of ann'"), ElementsAre("IdentityFile=\"/keys/of ann\""));
  EXPECT_THAT(Error("-i '/keys/\"ann'"), HasSubstr("has a quote"));
}

TEST(SshArgumentsTest, WhatCannotBeFollowedIsRefusedByName) {
  for (const char* flag : {"-F", "-W", "-L", "-R", "-D", "-N", "-f", "-I", "-w", "-s", "-Z"}) {
    EXPECT_THAT(Error(absl::StrCat("-q ", flag, " x")),
                HasSubstr(absl::StrCat("has \"", flag, "\"")));
  }
  EXPECT_THAT(Error("web1"), HasSubstr("has \"web1\""));
  EXPECT_THAT(Error("-q -"), HasSubstr("has \"-\""));
  EXPECT_THAT(Error("-p"), HasSubstr("no value behind -p"));
  EXPECT_THAT(Error("-o"), HasSubstr("no value behind -o"));
  EXPECT_THAT(Error("-o 'a"), HasSubstr("quote that is not closed"));
}

}  // namespace
}  // namespace muster::service
