#include "client/options/ssh_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

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

}  // namespace
}  // namespace muster::client
