#include "service/prepare/ssh_ways.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kFleet[] = R"(
Host web*
  User deploy
  Port 2200
  HostName %h.example.com
Host db1
  HostKeyAlias blade7
  ConnectTimeout 3
  ProxyJump ops@gate
Host gate
  HostName gate.example.com
  Port 2222
  IdentityFile /keys/gate
  ProxyJump outer
Host far
  ProxyJump gate,inner
Host circle
  ProxyJump circle2
Host circle2
  ProxyJump circle3
Host circle3
  ProxyJump circle2
Host odd
  HostName odd.example.com
  User ops
  HostKeyAlias blade9
  ProxyCommand nc %n %h %p %r %k %%
Host behind-odd
  ProxyJump odd,inner
Host refused
  ProxyCommand nc -F %h %p
  ProxyUseFdpass yes
Host behind-refused
  ProxyJump refused
Host faulty
  ProxyCommand nc %u
)";

HostQuery Query(const std::string& host, const std::string& user = "", uint16_t port = 0) {
  HostQuery query;
  query.host = host;
  if (!user.empty()) query.user = user;
  if (port != 0) query.port = port;
  return query;
}

class SshWaysTest : public ::testing::Test {
 protected:
  explicit SshWaysTest() { login_.mutable_local(); }
  ~SshWaysTest() override { unlink(path_.c_str()); }

  void Read(const std::string& text) {
    std::ofstream(path_) << text;
    login_.mutable_ssh_config()->set_file(path_);
    auto ways = SshWays::Read(login_, given_);
    ASSERT_TRUE(ways.ok()) << ways.status();
    ways_ = *std::move(ways);
  }
  SshWay Find(const HostQuery& query) {
    auto way = ways_->Find(query);
    EXPECT_TRUE(way.ok()) << way.status();
    return way.ok() ? *way : SshWay();
  }
  std::string ErrorOf(const std::string& host) {
    return std::string(ways_->Find(Query(host)).status().message());
  }
  // "user@address:port", the nearest first.
  static std::vector<std::string> JumpsOf(const SshWay& way) {
    std::vector<std::string> jumps;
    for (const JumpSpec& jump : way.access->jump_hosts) {
      jumps.push_back(absl::StrCat(jump.user, "@", jump.address, ":", jump.port));
    }
    return jumps;
  }

  const std::string path_ = absl::StrCat(::testing::TempDir(), "/ssh_ways.", getpid());
  const std::string me_ = LocalUser::Own().name;
  v1::Login login_;
  GivenLogin given_;
  std::shared_ptr<SshWays> ways_;
};

TEST_F(SshWaysTest, AHostIsReachedAsItsBlockSays) {
  Read(kFleet);
  const SshWay web = Find(Query("web1"));
  EXPECT_EQ(web.address, "web1.example.com");
  EXPECT_EQ(web.user, "deploy");
  EXPECT_EQ(web.port, 2200);
  const SshWay other = Find(Query("other"));
  EXPECT_EQ(other.address, "other");
  EXPECT_EQ(other.user, me_);
  EXPECT_EQ(other.port, 22);
}

TEST_F(SshWaysTest, WhatIsGivenComesFirst) {
  Read(kFleet);
  const SshWay web = Find(Query("web1", "ann", 22));
  EXPECT_EQ(web.address, "web1.example.com");
  EXPECT_EQ(web.user, "ann");
  EXPECT_EQ(web.port, 22);
}

TEST_F(SshWaysTest, HostsOfWhichTheSameIsSaidShareTheirAccess) {
  Read(kFleet);
  EXPECT_EQ(Find(Query("web1")).access, Find(Query("web2")).access);
  EXPECT_EQ(Find(Query("web1")).access, Find(Query("other")).access);
  EXPECT_NE(Find(Query("web1")).access, Find(Query("db1")).access);
}

TEST_F(SshWaysTest, AJumpHostIsLookedUpItself) {
  Read(kFleet);
  const SshWay db = Find(Query("db1"));
  EXPECT_EQ(db.host_key_alias, "blade7");
  EXPECT_EQ(db.access->connect.timeout, absl::Seconds(3));
  EXPECT_THAT(JumpsOf(db),
              ElementsAre(absl::StrCat(me_, "@outer:22"), "ops@gate.example.com:2222"));
  const AccessSpec& gate = *db.access->jump_hosts[1].access;
  ASSERT_EQ(gate.credential.keys.identity_files.size(), 1u);
  EXPECT_EQ(gate.credential.keys.identity_files[0].path, "/keys/gate");
  EXPECT_NE(db.access->credential.keys.identity_files[0].path, "/keys/gate");
}

TEST_F(SshWaysTest, FurtherJumpHostsAreReachedByWayOfTheFirst) {
  Read(kFleet);
  EXPECT_THAT(JumpsOf(Find(Query("far"))), ElementsAre(absl::StrCat(me_, "@outer:22"),
                                                       absl::StrCat(me_, "@gate.example.com:2222"),
                                                       absl::StrCat(me_, "@inner:22")));
}

TEST_F(SshWaysTest, AGivenWayComesFirstAndIsLookedUp) {
  login_.add_jump_hosts("gate");
  login_.set_user("ann");
  Read(kFleet);
  const auto gates = ElementsAre(absl::StrCat(me_, "@outer:22"), "ann@gate.example.com:2222");
  EXPECT_THAT(JumpsOf(Find(Query("db1"))), gates);
  EXPECT_THAT(JumpsOf(Find(Query("odd"))), gates);  // in place of its ProxyCommand
}

TEST_F(SshWaysTest, TheRunsUserIsThatOfGivenJumpHostsThatHaveNone) {
  login_.add_jump_hosts("one");
  login_.add_jump_hosts("bob@two");
  login_.add_jump_hosts("three");
  login_.set_user("ann");
  Read("Host one\n  User ops\nHost *\n  Port 2222\n");
  EXPECT_THAT(JumpsOf(Find(Query("db1"))),
              ElementsAre("ops@one:2222", "bob@two:2222", "ann@three:2222"));
}

TEST_F(SshWaysTest, NoneIsTheDirectWay) {
  login_.add_jump_hosts("none");
  Read(kFleet);
  EXPECT_THAT(JumpsOf(Find(Query("db1"))), IsEmpty());
}

TEST_F(SshWaysTest, AnAgentOfTheCallersShellIsAnError) {
  Read(
      "Host web1\n  IdentityAgent $OF_ANOTHER_SHELL\nHost web2\n"
      "  IdentityAgent $SSH_AUTH_SOCK\n");
  EXPECT_THAT(ErrorOf("web1"), HasSubstr("$OF_ANOTHER_SHELL: a variable of your shell"));
  given_.credential.keys.agent_socket = "/callers";
  Read("IdentityAgent ${SSH_AUTH_SOCK}\n");
  EXPECT_EQ(Find(Query("web2")).access->credential.keys.agent_socket, "/callers");
}

TEST_F(SshWaysTest, AWayInACircleIsAnError) {
  Read(kFleet);
  EXPECT_THAT(ErrorOf("circle"), HasSubstr("ProxyJump leads in a circle"));
}

TEST_F(SshWaysTest, WhatCannotBeFollowedIsAnErrorAlsoOnTheWay) {
  Read(kFleet);
  EXPECT_THAT(ErrorOf("refused"), HasSubstr("ProxyUseFdpass is not followed yet"));
  EXPECT_THAT(ErrorOf("behind-refused"), HasSubstr("jump host refused: ProxyUseFdpass"));
  EXPECT_EQ(ErrorOf("faulty"), "ProxyCommand: \"nc %u\": \"%u\" is not known there");
}

TEST_F(SshWaysTest, AProxyCommandHasItsTokensReplaced) {
  given_.credential.keys.agent_socket = "/agent";
  Read(kFleet);
  const SshWay odd = Find(Query("odd", "", 2222));
  ASSERT_NE(odd.proxy_command, nullptr);
  EXPECT_EQ(odd.proxy_command->line, "nc odd odd.example.com 2222 ops blade9 %");
  EXPECT_EQ(odd.proxy_command->agent_socket, "/agent");
  EXPECT_EQ(Find(Query("web1")).proxy_command, nullptr);
}

TEST_F(SshWaysTest, SoHasThatOfTheFirstJumpHost) {
  Read(kFleet);
  const SshWay behind = Find(Query("behind-odd"));
  EXPECT_EQ(behind.proxy_command, nullptr);
  const std::vector<JumpSpec>& jumps = behind.access->jump_hosts;
  ASSERT_EQ(jumps.size(), 2u);
  ASSERT_NE(jumps[0].proxy_command, nullptr);
  EXPECT_EQ(jumps[0].proxy_command->line, "nc odd odd.example.com 22 ops blade9 %");
  EXPECT_EQ(jumps[1].proxy_command, nullptr);
}

TEST_F(SshWaysTest, AFurtherJumpHostsIsNotUsed) {
  login_.add_jump_hosts("inner");
  login_.add_jump_hosts("odd");
  Read(kFleet);
  const SshWay way = Find(Query("odd"));
  EXPECT_EQ(way.proxy_command, nullptr);
  EXPECT_EQ(way.access->jump_hosts[1].proxy_command, nullptr);
}

TEST_F(SshWaysTest, ItsAgentIsThatOfTheHost) {
  given_.credential.keys.agent_socket = "/agent";
  Read("Host a\n  IdentityAgent /other\nHost b\n  IdentityAgent none\nHost *\n  ProxyCommand x\n");
  EXPECT_EQ(Find(Query("a")).proxy_command->agent_socket, "/other");
  EXPECT_EQ(Find(Query("b")).proxy_command->agent_socket, "");
}

TEST_F(SshWaysTest, ACommandThatIsOfAllIsShared) {
  Read("ProxyCommand connect\n");
  EXPECT_EQ(Find(Query("a")).proxy_command->line, "connect");
  EXPECT_EQ(Find(Query("a")).proxy_command, Find(Query("b")).proxy_command);
}

TEST_F(SshWaysTest, NamesThatMeanMoreToAShellAreRefused) {
  Read("ProxyCommand nc %h %r\n");
  for (const char* host : {"a;b", "-oX", "$(b)", "a b", "a\nb", "`b`", "a|b"}) {
    EXPECT_THAT(ErrorOf(host), HasSubstr("characters of the shell's")) << host;
  }
  for (const char* user : {"a;b", "-x", "a -x", "a\\", "a'b"}) {
    EXPECT_THAT(std::string(ways_->Find(Query("web1", user)).status().message()),
                HasSubstr("characters of the shell's"))
        << user;
  }
  EXPECT_EQ(Find(Query("fe80::1%lo", "DOMAIN\\ann")).proxy_command->line,
            "nc fe80::1%lo DOMAIN\\ann");
}

TEST_F(SshWaysTest, AGivenConnectTimeoutComesFirst) {
  given_.connect_timeout = true;
  Read(kFleet);
  EXPECT_EQ(Find(Query("db1")).access->connect.timeout, absl::ZeroDuration());
}

TEST_F(SshWaysTest, WhatIsSaidOfAllIsLookedUpOnce) {
  Read("User deploy\nHost *\n  Port 2200\n  ForwardAgent yes\n");
  EXPECT_EQ(Find(Query("127.1")).address, "127.0.0.1");
  const SshWay one = Find(Query("WEB1"));
  EXPECT_EQ(one.address, "web1");
  EXPECT_EQ(one.user, "deploy");
  EXPECT_EQ(one.port, 2200);
  const SshWay two = Find(Query("web2", "ann", 22));
  EXPECT_EQ(two.address, "web2");
  EXPECT_EQ(two.user, "ann");
  EXPECT_EQ(two.port, 22);
  EXPECT_EQ(one.access, two.access);
  EXPECT_THAT(ways_->Warnings(), ElementsAre(HasSubstr("ForwardAgent (every host)")));
}

TEST_F(SshWaysTest, HowConnectionsAreMadeAndWatchedOverTellsHostsApart) {
  Read(
      "Host web2\n  AddressFamily inet\nHost web3\n  BindAddress 127.0.0.7\n"
      "Host web4\n  ConnectionAttempts 3\nHost web5\n  ServerAliveInterval 5\n");
  const SshWay one = Find(Query("web1"));
  EXPECT_EQ(one.access, Find(Query("web6")).access);
  for (const char* host : {"web2", "web3", "web4", "web5"}) {
    EXPECT_NE(one.access, Find(Query(host)).access) << host;
  }
  EXPECT_EQ(Find(Query("web2")).access->connect.family, AF_INET);
  EXPECT_THAT(Find(Query("web3")).access->connect.sources, ElementsAre("127.0.0.7"));
  EXPECT_EQ(Find(Query("web4")).access->connect.attempts, 3);
  EXPECT_EQ(Find(Query("web5")).access->connect.keep_alive.interval, absl::Seconds(5));
  EXPECT_THAT(ways_->Warnings(), IsEmpty());
}

// ssh leaves that to the jump host, or to the command.
TEST_F(SshWaysTest, BehindAJumpHostNothingIsConnectedFromHere) {
  Read("Host *\n  BindAddress nowhere.invalid\nHost web1\n  ProxyCommand cat\n");
  EXPECT_THAT(Find(Query("web1")).access->connect.sources, IsEmpty());
  EXPECT_THAT(std::string(ways_->Find(Query("web2")).status().message()),
              HasSubstr("BindAddress nowhere.invalid is neither an address nor a name"));
}

TEST_F(SshWaysTest, WhatIsNotFollowedIsToldWithItsHosts) {
  Read(
      "Host web*\n  ForwardAgent yes\nHost db*\n  ProxyJump gate\n"
      "Host gate\n  VerifyHostKeyDNS yes\n");
  for (const char* host : {"web1", "web2", "web1", "db1", "db2", "other"}) Find(Query(host));
  EXPECT_THAT(ways_->Warnings(),
              ElementsAre("Of ssh_config, Muster does not follow: ForwardAgent (web1 and 1 more), "
                          "VerifyHostKeyDNS (gate)."));
  Read("Host web*\n  User deploy\n");
  Find(Query("web1"));
  EXPECT_THAT(ways_->Warnings(), IsEmpty());
}

TEST_F(SshWaysTest, ATerminalIsGivenWhereSshWouldGiveOne) {
  Read("Host yes\n  RequestTTY yes\nHost force\n  RequestTTY force\nHost no\n  RequestTTY no\n");
  ASSERT_NE(Find(Query("yes")).setup, nullptr);
  EXPECT_TRUE(Find(Query("yes")).setup->terminal.has_value());
  EXPECT_EQ(Find(Query("yes")).setup_with_input, nullptr);  // it would be no terminal's
  ASSERT_NE(Find(Query("force")).setup_with_input, nullptr);
  EXPECT_TRUE(Find(Query("force")).setup_with_input->terminal.has_value());
  EXPECT_EQ(Find(Query("no")).setup, nullptr);
  EXPECT_EQ(Find(Query("other")).setup, nullptr);
}

TEST_F(SshWaysTest, VariablesAreRequestedAndHostsShareThem) {
  Read("Host web*\n  SetEnv A=1 B=x=y\n");
  const SshWay way = Find(Query("web1"));
  ASSERT_NE(way.setup, nullptr);
  EXPECT_EQ(way.setup->environment.at("A"), "1");
  EXPECT_EQ(way.setup->environment.at("B"), "x=y");
  EXPECT_FALSE(way.setup->terminal.has_value());
  EXPECT_EQ(Find(Query("web2")).setup, way.setup);
  EXPECT_EQ(way.setup_with_input, way.setup);
  EXPECT_EQ(Find(Query("other")).setup, nullptr);
  EXPECT_THAT(ways_->Warnings(), IsEmpty());
}

TEST_F(SshWaysTest, AFileThatIsNotThereOrFaultyIsAnError) {
  login_.mutable_ssh_config()->set_file(path_);
  const absl::Status missing = SshWays::Read(login_, given_).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()),
              HasSubstr(absl::StrCat("login.ssh_config: cannot read ", path_)));
  std::ofstream(path_) << "Port many\n";
  const absl::Status faulty = SshWays::Read(login_, given_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(faulty)) << faulty;
  EXPECT_THAT(std::string(faulty.message()), HasSubstr(absl::StrCat(path_, ":1: ")));
}

TEST_F(SshWaysTest, WhatAnInventorySaysOfAHostCountsBeforeTheFiles) {
  Read(kFleet);
  HostQuery query = Query("web1");
  query.options = {"ProxyJump=bob@inner", "IdentityFile=/keys/web", "Port=2222"};
  const SshWay way = Find(query);
  EXPECT_EQ(way.port, 2222);
  EXPECT_EQ(way.user, "deploy") << "the file's";
  EXPECT_THAT(JumpsOf(way), ElementsAre("bob@inner:22"));
  EXPECT_EQ(way.access->credential.keys.identity_files.front().path, "/keys/web");
  query.options = {"Nonsense=1"};
  EXPECT_THAT(std::string(ways_->Find(query).status().message()), HasSubstr("Nonsense"));
}

// Of a file that says the same of all hosts each is asked for all the same.
TEST_F(SshWaysTest, WhatAnInventorySaysOfOneHostIsNotSaidOfAll) {
  Read("User deploy\n");
  HostQuery query = Query("web1");
  query.options = {"CheckHostIP=yes", "IdentityFile=/keys/web"};
  EXPECT_EQ(Find(Query("web2")).access, Find(Query("web3")).access);
  EXPECT_NE(Find(query).access, Find(Query("web2")).access);
  EXPECT_EQ(Find(query).user, "deploy");
  EXPECT_THAT(ways_->Warnings(), ElementsAre(HasSubstr("CheckHostIP (web1)")));
}

}  // namespace
}  // namespace muster::service
