#include "service/prepare/line_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/contract/limits.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

v1::RunHost Host(const std::string& name, const std::string& rack) {
  v1::RunHost host;
  host.set_name(name);
  if (!rack.empty()) (*host.mutable_variables()->mutable_values())["rack"] = rack;
  return host;
}

std::string Problem(const v1::RunSpec& spec, const std::vector<v1::RunHost>& hosts,
                    size_t longest = 10) {
  return std::string(CheckLines(spec, PerHostOf(spec), hosts, longest).message());
}

TEST(LineCheckTest, EachHostHasWhatStandsInTheLinesOrIsNamed) {
  v1::RunSpec spec;
  spec.mutable_command()->set_shell("echo {vars.rack}");
  EXPECT_EQ(Problem(spec, {Host("web1", "")}), "");
  spec.mutable_command()->set_placeholders(true);
  EXPECT_EQ(Problem(spec, {Host("web1", "r1")}), "");
  EXPECT_EQ(Problem(spec, {Host("web1", "r1"), Host("web2", "")}),
            "command: {vars.rack}: web2 has no such variable; those count that come with the host "
            "in a request, and not an inventory's");
  v1::RunHost host = Host("web1", "r1");
  (*host.mutable_variables()->mutable_values())["muster_host"] = "x";
  EXPECT_THAT(Problem(spec, {host}), HasSubstr("targets.hosts.variables: muster_host"));
  spec.mutable_command()->set_placeholders(false);
  EXPECT_EQ(Problem(spec, {host}), "");
  spec.mutable_command()->set_shell("true");
  spec.mutable_rollout()->mutable_probe()->set_shell("echo {vars.rack}");
  EXPECT_EQ(Problem(spec, {Host("web1", "")}), "");
  spec.mutable_rollout()->mutable_probe()->set_placeholders(true);
  EXPECT_THAT(Problem(spec, {Host("web1", "")}), HasSubstr("no such variable"));
}

TEST(LineCheckTest, WhatDiffersCountsWithTheLine) {
  v1::RunSpec spec;
  spec.mutable_command()->set_shell("true");
  const std::vector<v1::RunHost> hosts = {Host("web1", "r1"), Host("web2", "it's")};
  const size_t prefix = HostPrefix(PerHost(), hosts[1], 1).size();
  EXPECT_EQ(Problem(spec, hosts, kMaxCommandBytes - prefix), "");
  EXPECT_THAT(Problem(spec, hosts, kMaxCommandBytes - prefix + 1), HasSubstr("variables of web2"));
}

TEST(LineCheckTest, ALineThatRunsAsAnotherUserIsOneWordOfAnother) {
  v1::RunSpec spec;
  EXPECT_EQ(BytesSent(spec, "it's"), 4u);
  spec.mutable_become();
  EXPECT_EQ(BytesSent(spec, "it's"), 9u + 2048);
  EXPECT_THAT(Problem(spec, {}, kMaxCommandBytes + 1), HasSubstr("as another user"));
}

}  // namespace
}  // namespace muster::service
