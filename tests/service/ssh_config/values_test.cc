#include "service/ssh_config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_join.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

// The values of what a line sets, or "error: ...".
std::string Parse(const std::string& text) {
  const ConfigLine line = *SplitConfigLine(text);
  const auto settings = ParseSetting(*FindKeyword(line.keyword), line);
  if (!settings.ok()) return "error: " + std::string(settings.status().message());
  return absl::StrJoin(*settings, "; ", [](std::string* out, const Setting& setting) {
    out->append(absl::StrJoin(setting.values, "|"));
  });
}

TEST(ValuesTest, OneSpellingOfEach) {
  EXPECT_EQ(Parse("IdentitiesOnly TRUE"), "yes");
  EXPECT_EQ(Parse("StrictHostKeyChecking Off"), "no");
  EXPECT_EQ(Parse("AddressFamily INET6"), "inet6");
  EXPECT_EQ(Parse("Port ssh"), "22");
  EXPECT_EQ(Parse("ConnectTimeout 1h2m3"), "3723");
  EXPECT_EQ(Parse("RekeyLimit 512K 1h"), "524288; 3600");
  EXPECT_EQ(Parse("RekeyLimit default none"), "0");
  EXPECT_EQ(Parse("CanonicalDomains Example.COM."), "example.com");
}

TEST(ValuesTest, ATimeOfNoneSetsNothing) { EXPECT_EQ(Parse("ConnectTimeout none"), ""); }

TEST(ValuesTest, JumpHostsAreCheckedAndEndWithAComment) {
  EXPECT_EQ(Parse("ProxyJump a,ops@b:2222 # why"), "a,ops@b:2222");
  EXPECT_EQ(Parse("ProxyJump NONE"), "");
  EXPECT_THAT(Parse("ProxyJump a,,b"), HasSubstr("[user@]host[:port]"));
}

TEST(ValuesTest, ACommandIsTheWholeLine) {
  EXPECT_EQ(Parse("ProxyCommand = ssh x -W '%h' # y"), "ssh x -W '%h' # y");
}

TEST(ValuesTest, WhatIsWrongIsToldWithWhatIsExpected) {
  EXPECT_EQ(Parse("IdentitiesOnly maybe"), "error: identitiesonly \"maybe\": expected yes or no");
  EXPECT_THAT(Parse("Port 65536"), HasSubstr("a port"));
  EXPECT_THAT(Parse("Port 22 23"), HasSubstr("more arguments than it takes: \"23\""));
  EXPECT_THAT(Parse("User \"\""), HasSubstr("an empty argument"));
  EXPECT_THAT(Parse("User # x"), HasSubstr("has no argument"));
  EXPECT_THAT(Parse("ConnectTimeout 99999999999w"), HasSubstr("a time"));
  EXPECT_THAT(Parse("UserKnownHostsFile a none"), HasSubstr("stand alone"));
  EXPECT_THAT(Parse("SetEnv A"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(Parse("IdentityAgent ${NO_SUCH_VARIABLE_X}"),
              HasSubstr("variables that the daemon knows"));
  EXPECT_THAT(Parse("RekeyLimit 8"), HasSubstr("at least 16"));
}

// "user host port", or "none".
std::string Jump(const std::string& text) {
  const auto jump = ParseJumpTarget(text);
  return jump ? jump->user + " " + jump->host + " " + std::to_string(jump->port) : "none";
}

TEST(ValuesTest, JumpTargets) {
  EXPECT_EQ(Jump("gate"), " gate 0");
  EXPECT_EQ(Jump("a@b@gate:2222"), "a@b gate 2222");
  EXPECT_EQ(Jump("[::1]:22"), " ::1 22");
  EXPECT_EQ(Jump("[::1]"), " ::1 0");
  EXPECT_EQ(Jump("ssh://ops;x=y@gate:22/"), "ops gate 22");
  for (const char* text :
       {"", "@gate", "gate:0", "gate:x", "[::1", "gate/x", "ssh://a_b!", "[a]b"}) {
    EXPECT_EQ(Jump(text), "none") << text;
  }
}

}  // namespace
}  // namespace muster::service
