#include "service/ssh_config/ssh_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/ssh_config/private_group.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

class SshConfigTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / ".ssh"); }
  void TearDown() override { fs::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text, mode_t mode = 0600) {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
  }

  absl::StatusOr<HostSettings> For(const std::string& text, const HostQuery& query) {
    const auto config = SshConfig::Read({Write("config", text), options_}, user_, helpers_);
    if (!config.ok()) return config.status();
    return config->For(query);
  }
  HostSettings Of(const std::string& text, const std::string& host) {
    const auto settings = For(text, {host, {}, {}});
    EXPECT_TRUE(settings.ok()) << settings.status();
    return settings.ok() ? *settings : HostSettings();
  }
  std::string ErrorOf(const std::string& text, const std::string& host = "web1") {
    return std::string(For(text, {host, {}, {}}).status().message());
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) / absl::StrCat("ssh_config.", getpid());
  const LocalUser user_ = {"me", folder_.string(), getuid(), "here.example.com"};
  std::vector<std::string> options_;  // of ssh -o
  std::vector<std::string> ran_;      // by Match exec
  SshConfig::Helpers helpers_ = {[this](const std::string& command) -> absl::StatusOr<bool> {
                                   ran_.push_back(command);
                                   return command == "true";
                                 },
                                 [](const std::string& name, int) -> absl::StatusOr<std::string> {
                                   if (name == "web1.example.com.")
                                     return std::string("web1.example.com");
                                   if (name == "www.example.com.")
                                     return std::string("box.example.org");
                                   return absl::NotFoundError(name);
                                 }};
};

TEST_F(SshConfigTest, DefaultsAreSshs) {
  const HostSettings settings = Of("", "Web1");
  EXPECT_EQ(settings.hostname, "web1");
  EXPECT_EQ(settings.user, "me");
  EXPECT_EQ(settings.port, 22);
  EXPECT_EQ(settings.strict_host_key_checking, "ask");
  EXPECT_FALSE(settings.identity_files.has_value());
  EXPECT_THAT(settings.user_known_hosts_files,
              ElementsAre(user_.home + "/.ssh/known_hosts", user_.home + "/.ssh/known_hosts2"));
}

TEST_F(SshConfigTest, TheFirstValueCounts) {
  const std::string text = "Host web*\n User first\nHost *\n User second\n Port 2222\n";
  EXPECT_EQ(Of(text, "web1").user, "first");
  EXPECT_EQ(Of(text, "web1").port, 2222);
  EXPECT_EQ(Of(text, "db").user, "second");
}

TEST_F(SshConfigTest, WhatIsAskedForCountsBeforeTheFile) {
  const auto settings = For("User a\nPort 1\nMatch user me2\n HostName b", {"web1", "me2", 22});
  ASSERT_TRUE(settings.ok());
  EXPECT_EQ(settings->user, "me2");
  EXPECT_EQ(settings->port, 22);
  EXPECT_EQ(settings->hostname, "b");
}

TEST_F(SshConfigTest, KeysAddUpButEachOnce) {
  const HostSettings settings =
      Of("IdentityFile ~/a\nIdentityFile /k/%r@%h:%p\nIdentityFile ~/a\nHostName box", "web1");
  ASSERT_TRUE(settings.identity_files.has_value());
  ASSERT_EQ(settings.identity_files->size(), 2u);
  EXPECT_EQ((*settings.identity_files)[0].path, user_.home + "/a");
  EXPECT_EQ((*settings.identity_files)[1].path, "/k/me@box:22");
  EXPECT_EQ((*settings.identity_files)[1].written, "/k/%r@%h:%p");
}

TEST_F(SshConfigTest, AddressesHaveTheirUsualForm) {
  EXPECT_EQ(Of("", "127.1").hostname, "127.0.0.1");
  EXPECT_EQ(Of("HostName %h.Example.com", "Web").hostname, "web.example.com");
}

TEST_F(SshConfigTest, MatchFinalIsReadOnceTheNameIsKnown) {
  const std::string text =
      "Host web1\n HostName box\nMatch final host box\n User late\nHost box\n Port 7\n";
  EXPECT_EQ(Of(text, "web1").user, "late");
  EXPECT_EQ(Of(text, "web1").port, 7);
  EXPECT_EQ(Of("Host web1\n HostName box\nHost box\n Port 7\n", "web1").port, 22);
}

TEST_F(SshConfigTest, CommandsOfMatchRunWithTheirTokensAndOnlyWhereTheRestHolds) {
  EXPECT_EQ(Of("Match host db exec \"touch x\"\n Port 1\nMatch exec \"echo %n %r\"\n Port 2\n"
               "Match exec true\n Port 3",
               "web1")
                .port,
            3);
  EXPECT_THAT(ran_, ElementsAre("echo web1 me", "true"));
}

TEST_F(SshConfigTest, ShortNamesAreLookedUpInTheirDomains) {
  const std::string text =
      "CanonicalizeHostname yes\nCanonicalDomains nowhere.org example.com\n"
      "CanonicalizePermittedCNAMEs *.example.com:*.example.org\nHost *.example.*\n Port 5\n";
  EXPECT_EQ(Of(text, "web1").hostname, "web1.example.com");
  EXPECT_EQ(Of(text, "web1").port, 5) << "the files are read again for that name";
  EXPECT_EQ(Of(text, "www").hostname, "box.example.org");
  EXPECT_EQ(Of("CanonicalizePermittedCNAMEs none\n" + text, "www").hostname, "www.example.com");
  EXPECT_EQ(Of(text + "Host *\n ProxyCommand x\n", "web1").hostname, "web1");
  EXPECT_EQ(Of("CanonicalizeHostname yes\nCanonicalDomains example.com", "db").hostname, "db");
  EXPECT_THAT(ErrorOf("CanonicalizeFallbackLocal no\n" + text, "db"),
              HasSubstr("there is no host db"));
}

TEST_F(SshConfigTest, OtherNamesAreLookedUpWithoutDomainsToo) {
  const std::string text = "CanonicalizePermittedCNAMEs *.example.com.:*.example.org\n";
  const std::string yes = text + "CanonicalizeHostname yes\n";
  EXPECT_EQ(Of(yes + "CanonicalizeMaxDots 0\n", "www.example.com.").hostname, "www.example.com");
  EXPECT_EQ(Of(text, "www.example.com.").hostname, "www.example.com.") << "not followed";
  EXPECT_THAT(ErrorOf(text, "db"), HasSubstr("there is no host db"));
  EXPECT_EQ(Of(text + "ProxyCommand x\n", "db").hostname, "db") << "which the proxy knows";
  EXPECT_EQ(Of(text + "ProxyCommand x\nCanonicalizeHostname always\n", "db").hostname, "db");
}

TEST_F(SshConfigTest, WithoutAnExecItIsRefused) {
  helpers_ = {};
  EXPECT_THAT(ErrorOf("Match exec true\n"), HasSubstr("is not run by this daemon"));
  EXPECT_THAT(ErrorOf("CanonicalizeHostname yes"), HasSubstr("is not done by this daemon"));
}

TEST_F(SshConfigTest, TagsSelectToo) {
  EXPECT_EQ(Of("Host web1\n Tag prod\nMatch tagged prod\n Port 5", "web1").port, 5);
}

TEST_F(SshConfigTest, IncludedFilesHoldWhereTheyStand) {
  Write(".ssh/part", "Port 5\nHost db\n User d\n");
  const std::string text = "Host web*\n Include part\n User w\nHost *\n Port 6";
  EXPECT_EQ(Of(text, "web1").port, 5);
  EXPECT_EQ(Of(text, "web1").user, "w") << "a Host within the file ends with it";
  EXPECT_EQ(Of(text, "db").user, "me") << "and does not hold where Include does not";
  EXPECT_EQ(Of("Include nothing*\nPort 3", "a").port, 3);
}

TEST_F(SshConfigTest, AFileThatIncludesItselfIsRefused) {
  EXPECT_THAT(ErrorOf(absl::StrCat("Include ", folder_.string(), "/config")), HasSubstr("16 deep"));
}

TEST_F(SshConfigTest, AFileThatOthersCanWriteToIsNotIncluded) {
  Write(".ssh/part", "Port 5\n", 0666);
  EXPECT_THAT(ErrorOf("Include part"), HasSubstr("ssh refuses it, too"));
}

TEST_F(SshConfigTest, AFileThatAGroupCanWriteToIsReadWhereTheUserIsAloneInIt) {
  const std::string part = Write(".ssh/part", "Port 5\n", 0660);
  struct stat info = {};
  ASSERT_EQ(stat(part.c_str(), &info), 0);
  if (IsPrivateGroup(info.st_gid, getuid(), getuid())) {
    EXPECT_EQ(Of("Include part", "a").port, 5);
  } else {
    EXPECT_THAT(ErrorOf("Include part"), HasSubstr("chmod go-w"));
  }
}

TEST_F(SshConfigTest, AllFaultsAreToldWithTheirLines) {
  const std::string error = ErrorOf("Port x\nHost *\n User\n Match colour red\n");
  EXPECT_THAT(error, HasSubstr("config:1: port \"x\""));
  EXPECT_THAT(error, HasSubstr("config:3: user has no argument"));
  EXPECT_THAT(error, HasSubstr("config:4: Match \"colour\" is not known"));
}

TEST_F(SshConfigTest, UnknownKeywordsAreAnErrorUnlessTheyAreIgnored) {
  EXPECT_THAT(ErrorOf("Host db\n Colour red"), HasSubstr("config:2: \"colour\" is not known"));
  EXPECT_EQ(Of("IgnoreUnknown col*\nColour red\nPort 4", "a").port, 4);
}

TEST_F(SshConfigTest, KeywordsOfDistributionsAreKnown) {
  for (const char* keyword :
       {"GSSAPIKeyExchange yes", "GSSAPIKexAlgorithms gss-group14-sha256-", "GSSAPITrustDns yes",
        "GSSAPIClientIdentity ann", "GSSAPIServerIdentity web", "GSSAPIRenewalForcesRekey yes",
        "UseBlacklistedKeys yes"}) {
    EXPECT_EQ(ErrorOf(keyword), "") << keyword;
  }
  EXPECT_EQ(Of("ProtocolKeepAlives 7", "a").server_alive_interval, absl::Seconds(7));
  EXPECT_EQ(Of("SetupTimeOut 1m", "a").server_alive_interval, absl::Minutes(1));
  EXPECT_EQ(Of("RSAMinSize 2048", "a").required_rsa_size, 2048);
  EXPECT_THAT(ErrorOf("UseKeychain yes"), HasSubstr("is not known")) << "macOS's";
}

TEST_F(SshConfigTest, WhatIsNotSupportedAndLeadsElsewhereIsRefused) {
  EXPECT_THAT(ErrorOf("Match version 10"), HasSubstr("is not supported"));
  EXPECT_THAT(ErrorOf("Match localnetwork home"), HasSubstr("\"home\" is no network"));
}

TEST_F(SshConfigTest, JumpHostsAndProxyCommandTheFirstOfBoth) {
  const HostSettings jump = Of("ProxyJump ops@a:2,b\nProxyCommand x", "web1");
  ASSERT_EQ(jump.jump_hosts.size(), 2u);
  EXPECT_EQ(jump.jump_hosts[0].user, "ops");
  EXPECT_EQ(jump.jump_hosts[1].host, "b");
  EXPECT_FALSE(jump.proxy_command.has_value());
  const HostSettings command = Of("ProxyCommand nc %h\nProxyJump a", "web1");
  EXPECT_THAT(command.jump_hosts, IsEmpty());
  EXPECT_EQ(command.proxy_command, "nc %h");
  EXPECT_EQ(Of("ProxyJump none\nProxyJump a\nProxyCommand y", "web1").proxy_command, "y");
  EXPECT_TRUE(Of("ProxyUseFdpass yes", "web1").proxy_use_fdpass);
  EXPECT_FALSE(Of("", "web1").proxy_use_fdpass);
  EXPECT_THAT(ErrorOf("ProxyJump web1"), HasSubstr("leads to the host itself"));
}

TEST_F(SshConfigTest, VariablesAreSentAndSet) {
  const HostSettings settings =
      Of("SendEnv LANG LC_*\nSendEnv -LC_* X\nSetEnv A=1 B=2 A=3\nSetEnv C=4", "a");
  EXPECT_THAT(settings.send_env, ElementsAre("LANG", "X"));
  EXPECT_THAT(settings.set_env, ElementsAre("A=1", "B=2"));
  options_ = {"SendEnv=OPTION"};
  EXPECT_THAT(Of("Match final\n  User x", "a").send_env, ElementsAre("OPTION")) << "read once";
}

TEST_F(SshConfigTest, ForwardAgentIsYesNoOrASocket) {
  EXPECT_TRUE(Of("ForwardAgent yes", "a").forward_agent);
  EXPECT_FALSE(Of("ForwardAgent no\nForwardAgent yes", "a").forward_agent);
  const HostSettings settings = Of("ForwardAgent ~/agent", "a");
  EXPECT_TRUE(settings.forward_agent);
  EXPECT_EQ(settings.forward_agent_socket, user_.home + "/agent");
  EXPECT_FALSE(Of("ForwardAgent no\nForwardAgent /s", "a").forward_agent);
  EXPECT_THAT(ErrorOf("ForwardAgent $a-b"), HasSubstr("expected the name of a variable"));
}

TEST_F(SshConfigTest, ForwardsAreThereUnlessAllAreCleared) {
  const std::string text =
      "LocalForward 1 db:2\nRemoteForward 3\nRemoteForward 4 a:5\nDynamicForward 6\n";
  const HostSettings settings = Of(text, "a");
  EXPECT_TRUE(settings.local_forward && settings.remote_forward && settings.dynamic_forward);
  const HostSettings cleared = Of(text + "ClearAllForwardings yes", "a");
  EXPECT_FALSE(cleared.local_forward || cleared.remote_forward || cleared.dynamic_forward);
  EXPECT_FALSE(Of("Host b\n" + text, "a").local_forward);
  EXPECT_THAT(ErrorOf("LocalForward 1"), HasSubstr("expected whereto"));
}

TEST_F(SshConfigTest, WhatSshDoesInPlaceOfTheCommandOrBesideIt) {
  const HostSettings settings =
      Of("PermitLocalCommand yes\nLocalCommand notify %h\nStdinNull yes\n", "a");
  EXPECT_TRUE(settings.permit_local_command && settings.stdin_null);
  EXPECT_EQ(settings.local_command, "notify %h");
  EXPECT_FALSE(Of("LocalCommand none", "a").local_command.has_value());
}

TEST_F(SshConfigTest, UnknownTokensAndUsersAreToldWithTheKeyword) {
  EXPECT_THAT(ErrorOf("IdentityFile /k/%z"), HasSubstr("IdentityFile: \"/k/%z\": \"%z\" is not"));
  EXPECT_THAT(ErrorOf("IdentityFile ~no_such_user_x/k"), HasSubstr("there is no user"));
  EXPECT_THAT(ErrorOf("HostName %z"), HasSubstr("\"%z\" is not known"));
}

TEST_F(SshConfigTest, OptionsCountBeforeFilesAndTheFirstOfThemMost) {
  options_ = {"Port=2200", "port 2300", "User = \"ann\"", "IdentityFile=/k/option",
              "# nothing", ""};
  const HostSettings settings = Of("Port 22\nUser bob\nIdentityFile /k/file\nTag t\n", "web1");
  EXPECT_EQ(settings.port, 2200);
  EXPECT_EQ(settings.user, "ann");
  ASSERT_EQ(settings.identity_files->size(), 2u);
  EXPECT_EQ((*settings.identity_files)[0].path, "/k/option");
  options_ = {"ProxyCommand=nc %h %p"};
  EXPECT_TRUE(Of("ProxyJump gate\n", "web1").jump_hosts.empty());
}

TEST_F(SshConfigTest, AnOptionThatSshRefusesIsToldAsItStandsThere) {
  const auto refused = [this](const std::string& option) {
    options_ = {option};
    return ErrorOf("");
  };
  EXPECT_THAT(refused("Port=x"), HasSubstr("-o Port=x: "));
  EXPECT_THAT(refused("Prot=22"), HasSubstr("-o Prot=22: \"prot\" is not known to ssh"));
  EXPECT_THAT(refused("Port"), HasSubstr("-o Port: port has no argument"));
  for (const char* selecting : {"Host=web1", "match all", "Include=~/more"}) {
    EXPECT_THAT(refused(selecting), HasSubstr("stands in files only")) << selecting;
  }
}

TEST_F(SshConfigTest, TheUsualFilesMayBeMissing) {
  const auto config = SshConfig::Read({}, user_, {});
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->For({"web1", {}, {}}).ok());
  EXPECT_EQ(SshConfig::Read({"/no/such/file", {}}, user_, {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(SshConfigTest, ItMaySayTheSameOfAllHosts) {
  const auto same = [this](const std::string& text) {
    return SshConfig::Read({Write("config", text), options_}, user_, helpers_)->SaysTheSameOfAll();
  };
  EXPECT_TRUE(same(""));
  EXPECT_TRUE(same("User ann\nHost *\n  Port 2222\nMatch all\n  IdentityFile ~/.ssh/web\n"));
  for (const char* text : {"Host web1\n", "Host * !web1\n", "Match host web1\n", "Match !all\n",
                           "HostName web\n", "ProxyJump gate\n", "IdentityFile ~/%h\n",
                           "CanonicalizeHostname yes\n", "AddressFamily inet6\n"}) {
    EXPECT_FALSE(same(text)) << text;
  }
  Write("more", "Host web1\n");
  EXPECT_FALSE(same(absl::StrCat("Include ", (folder_ / "more").string(), "\n")));
}

}  // namespace
}  // namespace muster::service
