#include "service/prepare/host_list.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/algorithm/container.h"
#include "proto/contract/error_details.h"
#include "service/prepare/ssh_ways.h"
#include "service/targets/inventory_file.h"

namespace muster::service {
namespace {

v1::RunHost Host(const std::string& name, const std::string& user) {
  v1::RunHost host;
  host.set_name(name);
  host.set_user(user);
  return host;
}

TEST(HostListTest, HostsOfTheRunsUserBecomeAnothers) {
  std::vector<v1::RunHost> hosts = {Host("web1", "ann"), Host("web2", "carl"),
                                    Host("annex", "ann")};
  ReplaceUser("ann", "bob", &hosts);
  EXPECT_EQ(hosts[0].user(), "bob");
  EXPECT_EQ(hosts[1].user(), "carl");
  EXPECT_EQ(hosts[2].user(), "bob");
}

TEST(HostListTest, AUserInTheNameIsKept) {
  std::vector<v1::RunHost> hosts = {Host("ann@web1:22", "ann"), Host("carl@web1:22", "carl")};
  ReplaceUser("ann", "carl", &hosts);
  EXPECT_EQ(hosts[0].user(), "ann");
}

TEST(HostListTest, KnowsWhatStandsForHostsByItself) {
  for (const char* expression : {"web1", "ann@web[1-3]:22,bob@db!x@y", "a@b@c", ""}) {
    EXPECT_TRUE(NamesHostsOnly(expression)) << expression;
  }
  for (const char* expression : {"@web", "web1,@web", "web1 @web", "web1!@db", "web*", "db?",
                                 "a&@b:c", "(@web)", "a!(@b)"}) {
    EXPECT_FALSE(NamesHostsOnly(expression)) << expression;
  }
}

// To repeat such a request would not help.
TEST(HostListTest, AnInventoryThatIsTooLargeIsNotRepeated) {
  const std::string path = ::testing::TempDir() + "/large_inventory.yaml";
  std::ofstream(path) << std::string(kMaxInventoryBytes + 1, '#');
  FileCache files;
  v1::TargetSpec targets;
  targets.set_expression("@web");
  const absl::Status status = ListHosts(targets, {path}, {"ann", 22}, &files).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_REQUEST_TOO_LARGE);
}

TEST(HostListTest, NamesAddressesAndUsersAreBoundedTogether) {
  FileCache files;
  v1::TargetSpec targets;
  targets.set_expression("web[1-100000]");
  EXPECT_EQ(ListHosts(targets, {}, {"ann", 22}, &files)->size(), 100'000u);
  // Each of them gets the user: 100,000 of 256 bytes.
  const absl::Status status = ListHosts(targets, {}, {std::string(256, 'u'), 22}, &files).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("16777216"), absl::string_view::npos) << status;
}

TEST(HostListTest, VariablesCountToo) {
  FileCache files;
  v1::TargetSpec targets;
  for (int i = 0; i < 2; ++i) {
    v1::TargetHost* const host = targets.add_hosts();
    host->set_name(i == 0 ? "web1" : "web2");
    (*host->mutable_variables())["A"] = std::string(9 << 20, 'x');
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ListHosts(targets, {}, {"ann", 22}, &files).status()));
}

TEST(HostListTest, AHostThatIsNamedTwiceHasTheSameVariables) {
  FileCache files;
  v1::TargetSpec targets;
  targets.set_expression("web1,web2");
  targets.add_hosts()->set_name("web1");
  EXPECT_EQ(ListHosts(targets, {}, {"ann", 22}, &files)->size(), 2u);
  (*targets.mutable_hosts(0)->mutable_variables())["A"] = "x";
  const absl::Status status = ListHosts(targets, {}, {"ann", 22}, &files).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  targets.set_expression("web2");
  (*targets.add_hosts()) = targets.hosts(0);
  const std::vector<v1::RunHost> hosts = *ListHosts(targets, {}, {"ann", 22}, &files);
  ASSERT_EQ(hosts.size(), 2u);
  EXPECT_FALSE(hosts[0].has_variables());
  EXPECT_EQ(hosts[1].variables().values().at("A"), "x");
}

TEST(HostListTest, SshConfigSaysWhereHostsAreAndRerunsAskItAgain) {
  const std::string path = ::testing::TempDir() + "/host_list.ssh_config";
  std::ofstream(path) << "Host web*\n  HostName %h.example.com\n  User deploy\nHost odd*\n"
                         "  RevokedHostKeys revoked\n";
  v1::Login login;
  login.mutable_ssh_config()->set_file(path);
  auto ways = SshWays::Read(login, GivenLogin());
  ASSERT_TRUE(ways.ok()) << ways.status();
  FileCache files;
  v1::TargetSpec targets;
  targets.set_expression("web1,ann@web2:2222,db1");
  auto hosts = ListHosts(targets, {}, {"", 0, ways->get()}, &files);
  ASSERT_TRUE(hosts.ok()) << hosts.status();
  const auto named = [&](const std::string& name) {
    return *absl::c_find_if(*hosts, [&](const v1::RunHost& host) { return host.name() == name; });
  };
  EXPECT_EQ(named("web1").address(), "web1.example.com");
  EXPECT_EQ(named("web1").user(), "deploy");
  EXPECT_EQ(named("web1").port(), 22u);
  EXPECT_EQ(named("web1").ssh_config_query().host(), "web1");
  EXPECT_EQ(named("web1").ssh_config_query().user(), "");
  EXPECT_EQ(named("db1").ssh_config_query().host(), "") << "its address";
  EXPECT_EQ(QueryOf(named("db1")).host, "db1");
  EXPECT_EQ(named("web2").user(), "ann");
  EXPECT_EQ(named("web2").port(), 2222u);
  EXPECT_EQ(named("web2").ssh_config_query().user(), "ann");

  ReplaceUser("me", "bob", &*hosts);
  EXPECT_EQ(named("web1").user(), "bob");
  EXPECT_EQ(named("web1").ssh_config_query().user(), "bob");
  EXPECT_EQ(named("web2").user(), "ann");

  std::ofstream(path) << "Host web*\n  HostName %h.example.org\nHost odd*\n"
                         "  RevokedHostKeys keys\nHost old\n  RefuseConnection gone\n";
  ways = SshWays::Read(login, GivenLogin());
  ASSERT_TRUE(FollowSshConfig(ways->get(), &*hosts).ok());
  EXPECT_EQ(named("web1").address(), "web1.example.org") << "as the file is by now";
  EXPECT_EQ(named("web1").user(), "bob");

  targets.set_expression("web1,odd[1-3],old");
  const absl::Status status = ListHosts(targets, {}, {"", 0, ways->get()}, &files).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_NE(status.message().find("odd[1-3]: RevokedHostKeys"), absl::string_view::npos) << status;
  EXPECT_NE(status.message().find("old: RefuseConnection: gone"), absl::string_view::npos)
      << status;
}

}  // namespace
}  // namespace muster::service
