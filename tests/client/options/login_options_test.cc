// From the command line to requests.
#include "client/options/login_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "client/options/options.h"
#include "tests/client/options/parse.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RunRequestTest : public ::testing::Test {
 protected:
  RunRequestTest() {
    setenv("HOME", "/nonexistent", 1);
    unsetenv("SSH_AUTH_SOCK");
    options_.targets = {"web1"};
    options_.command = {"uname", "-a"};
  }
  absl::StatusOr<v1::RunSpec> Make(const ServerAddress& server = {"unix:/run/m.sock", true}) {
    return MakeRunSpec(options_, server, secrets_);
  }
  Options options_;
  LoginSecrets secrets_;
};

TEST_F(RunRequestTest, WordsBecomeAShellLineUnlessArgvIsAskedFor) {
  EXPECT_EQ(Make()->command().shell(), "uname -a");
  options_.argv = true;
  EXPECT_THAT(Make()->command().argv().arguments(), ElementsAre("uname", "-a"));
}

TEST_F(RunRequestTest, CarriesHowToLogIn) {
  EXPECT_EQ(Make()->login().local().methods_size(), 0);
  options_ = Parse({"run", "-t", "a", "--login-methods", "password, publickey", "--gssapi",
                    "--gssapi-delegate", "true"})
                 .options;
  secrets_.answers = {{"code", "123"}};
  const v1::LocalCredential local = Make()->login().local();
  EXPECT_THAT(local.methods(), ElementsAre("password", "publickey"));
  EXPECT_TRUE(local.gssapi() && local.gssapi_delegate());
  ASSERT_EQ(local.answers_size(), 1);
  EXPECT_EQ(local.answers(0).question(), "code");
  EXPECT_EQ(local.answers(0).secret_answer(), "123");
}

TEST_F(RunRequestTest, WithoutAFolderToBeInAFileIsNamedFromTheRootOn) {
  const std::filesystem::path before = std::filesystem::current_path();
  const std::string folder = ::testing::TempDir() + "/gone";
  std::filesystem::create_directory(folder);
  std::filesystem::current_path(folder);
  std::filesystem::remove(folder);
  options_.identity_files = {"key"};
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("is gone"));
  std::filesystem::current_path(before);
}

TEST_F(RunRequestTest, AnArtifactIsWhatTheCommandReads) {
  EXPECT_EQ(Make()->input(), v1::RUN_INPUT_UNSPECIFIED);
  options_ = Parse({"run", "-t", "a", "--input-artifact", "app.tar", "tar", "x"}).options;
  EXPECT_EQ(Make()->input(), v1::RUN_INPUT_ARTIFACT);
  EXPECT_EQ(Make()->input_artifact(), "app.tar");
  EXPECT_EQ(Make()->command().shell(), "tar x");
}

TEST_F(RunRequestTest, CarriesTheCallersAgentKeysAndKnownHosts) {
  setenv("SSH_AUTH_SOCK", "/run/agent", 1);
  options_.identity_files = {"/keys/a"};
  options_.known_hosts = "/keys/known_hosts";
  const v1::LocalCredential local = Make()->login().local();
  EXPECT_EQ(local.agent_socket(), "/run/agent");
  EXPECT_EQ(local.identity_files(0).path(), "/keys/a");
  EXPECT_FALSE(local.identity_files(0).optional());
  EXPECT_EQ(local.known_hosts_files(0), "/keys/known_hosts");
  EXPECT_FALSE(local.identities_only());
  options_.identities_only = true;
  EXPECT_TRUE(Make()->login().local().identities_only());
}

constexpr char kNetwork[] = "hub.example.com:7443";

// What is not given is ssh_config's to say.
TEST_F(RunRequestTest, SshConfigIsFollowedUnlessThatIsRefused) {
  options_ = Parse({"run", "-t", "a", "true"}).options;
  v1::Login login = Make()->login();
  EXPECT_TRUE(login.has_ssh_config());
  EXPECT_EQ(login.ssh_config().file(), "");
  EXPECT_TRUE(login.has_local());
  EXPECT_EQ(login.local().identity_files_size() + login.local().known_hosts_files_size(), 0);
  setenv("HOME", "/home/ann", 1);
  options_ = Parse({"run", "-t", "a", "-F", "~/fleet.conf", "true"}).options;
  EXPECT_EQ(Make()->login().ssh_config().file(), "/home/ann/fleet.conf");
  options_.ssh_config = "/proc/self/cmdline";
  EXPECT_THAT(Make()->login().ssh_config().file(), HasSubstr("/fd/"));
  EXPECT_THAT(Parse({"run", "-t", "a", "-F", "", "true"}).text, HasSubstr("its value is empty"));
}

TEST_F(RunRequestTest, WithoutSshConfigNoFileIsRead) {
  for (const char* none : {"none", "None"}) {
    options_ = Parse({"run", "-t", "a", "--ssh-config", none, "true"}).options;
    const v1::Login login = Make()->login();
    EXPECT_EQ(login.ssh_config().file(), "/dev/null");
    EXPECT_EQ(login.local().identity_files_size() + login.local().known_hosts_files_size(), 0);
  }
}

TEST_F(RunRequestTest, APingIsARunOfTrueThatShowsHowHostsEnded) {
  options_ = Parse({"ping", "-t", "web[1-3]", "--become"}).options;
  EXPECT_TRUE(options_.fold && options_.no_stdin);
  EXPECT_EQ(Make()->command().shell(), "true");
  EXPECT_EQ(Make()->become().user(), "root");
  EXPECT_EQ(Make()->timeouts().command().seconds(), 10);
  EXPECT_FALSE(Parse({"ping", "-t", "a", "--json"}).options.fold);
  EXPECT_THAT(Parse({"ping", "-t", "a", "uptime"}).text, HasSubstr("one word too many"));
}

TEST_F(RunRequestTest, AnotherUserIsNamedAfterAnEqualsSignOrNotAtAll) {
  options_ = Parse({"run", "-t", "a", "--become", "id"}).options;
  EXPECT_EQ(Make()->become().user(), "root");
  EXPECT_EQ(Make()->command().shell(), "id");
  options_ = Parse({"run", "-t", "a", "--become=ann", "--become-method", "su", "id"}).options;
  EXPECT_EQ(Make()->become().user(), "ann");
  EXPECT_EQ(Make()->become().method(), v1::BECOME_METHOD_SU);
  EXPECT_THAT(Parse({"run", "-t", "a", "--become=", "id"}).text,
              HasSubstr("write --become=USER, or --become alone"));
  for (const char* alone : {"--become-keep-env", "--become-method=su"}) {
    options_ = Parse({"run", "-t", "a", alone, "id"}).options;
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr("only with --become")) << alone;
  }
  options_ = Options();
  options_.targets = {"a"};
  options_.command = {"id"};
  secrets_.become_password = "x";
  EXPECT_FALSE(Make().ok());
  EXPECT_THAT(Parse({"run", "--help"}).text, HasSubstr("--become[=USER]"));
}

TEST_F(RunRequestTest, OptionsOfSshAreHandedOnInTheirOrder) {
  options_ = Parse({"run", "-t", "a", "-o", "Port=2200", "-oUser ann", "true"}).options;
  EXPECT_THAT(Make()->login().ssh_config().options(), ElementsAre("Port=2200", "User ann"));
  EXPECT_THAT(std::string(Make({kNetwork, false}).status().message()),
              AllOf(HasSubstr("--ssh-option: "), HasSubstr("leave it out")));
  options_.credential = "deploy";
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--ssh-option: "));
}

TEST_F(RunRequestTest, WhatIsGivenStandsBesideSshConfig) {
  options_.identity_files = {"/keys/a", "/keys/b"};
  options_.known_hosts = "/keys/known_hosts";
  const v1::Login login = Make()->login();
  EXPECT_TRUE(login.has_ssh_config());
  ASSERT_EQ(login.local().identity_files_size(), 2);
  EXPECT_EQ(login.local().identity_files(1).path(), "/keys/b");
  EXPECT_THAT(login.local().known_hosts_files(), ElementsAre("/keys/known_hosts"));
}

TEST_F(RunRequestTest, AFileIsFollowedByTheOwnDaemonWithTheOwnLoginAlone) {
  options_.ssh_config = "/f";
  EXPECT_THAT(std::string(Make({kNetwork, false}).status().message()),
              AllOf(HasSubstr("--ssh-config: "), HasSubstr("leave it out")));
  options_.credential = "deploy";
  for (const ServerAddress& server : {ServerAddress{kNetwork, false}, {"unix:/run/m.sock", true}}) {
    EXPECT_THAT(std::string(Make(server).status().message()), HasSubstr("--ssh-config: "));
    for (const char* none : {"", "none"}) {
      Options options = options_;
      options.ssh_config = none;
      const auto spec = MakeRunSpec(options, server, secrets_);
      ASSERT_TRUE(spec.ok()) << spec.status();
      EXPECT_FALSE(spec->login().has_ssh_config());
    }
  }
}

TEST_F(RunRequestTest, ALookAtTargetsFollowsWhatARunDoes) {
  const ServerAddress own = {"unix:/run/m.sock", true};
  setenv("SSH_AUTH_SOCK", "/run/agent", 1);
  options_ = Parse({"targets", "web1", "-F", "/f", "-u", "ann", "-p", "23"}).options;
  auto request = MakeResolveRequest(options_, own);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->targets().expression(), "web1");
  EXPECT_EQ(request->login().user(), "ann");
  EXPECT_EQ(request->login().port(), 23u);
  EXPECT_EQ(request->login().ssh_config().file(), "/f");
  EXPECT_EQ(request->login().local().agent_socket(), "/run/agent");
  EXPECT_THAT(std::string(MakeResolveRequest(options_, {kNetwork, false}).status().message()),
              HasSubstr("--ssh-config: "));
  for (const char* given : {"", "none"}) {
    options_.ssh_config = given;
    request = MakeResolveRequest(options_, own);
    EXPECT_EQ(request->login().ssh_config().file(), *given == '\0' ? "" : "/dev/null");
    EXPECT_FALSE(MakeResolveRequest(options_, {kNetwork, false})->login().has_ssh_config());
  }
  options_.user = "\xff";
  EXPECT_THAT(std::string(MakeResolveRequest(options_, own).status().message()),
              HasSubstr("--user"));
}

TEST_F(RunRequestTest, ASharedDaemonGetsNoPaths) {
  const ServerAddress shared = {"hub.example.com:7443", false};
  options_.credential = "deploy";
  const absl::StatusOr<v1::RunSpec> spec = Make(shared);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_FALSE(spec->login().has_local());
  EXPECT_EQ(spec->login().credential_name(), "deploy");
  options_.identity_files = {"/keys/a"};
  EXPECT_THAT(std::string(Make(shared).status().message()), HasSubstr("--credential"));
  options_.identity_files.clear();
  options_.identities_only = true;
  EXPECT_THAT(std::string(Make(shared).status().message()), HasSubstr("--identities-only"));
}

TEST_F(RunRequestTest, JumpHostsKeepTheirOrder) {
  EXPECT_TRUE(Make()->login().jump_hosts().empty());
  options_.jump_hosts = "ann@gate:2222, [2001:DB8::1]:22,inner";
  EXPECT_THAT(Make()->login().jump_hosts(),
              ElementsAre("ann@gate:2222", "[2001:db8::1]:22", "inner"));
  options_.credential = "deploy";
  EXPECT_EQ(Make({"hub.example.com:7443", false})->login().jump_hosts_size(), 3);
}

TEST_F(RunRequestTest, WhatIsNoJumpHostIsTold) {
  for (const char* bad : {"gate,", ",", "gate[1-2]", "@gates", "gate:0", "ssh://gate", "g\xff@a"}) {
    options_.jump_hosts = bad;
    const absl::Status status = Make().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bad;
    EXPECT_THAT(std::string(status.message()), HasSubstr("--jump")) << bad;
  }
}

TEST_F(RunRequestTest, EnvironmentAndLabels) {
  options_.environment = {"A=1=2"};
  options_.labels = {"ticket=OPS-1"};
  const v1::RunSpec spec = *Make();
  EXPECT_EQ(spec.command().environment().at("A"), "1=2");
  EXPECT_EQ(spec.labels().at("ticket"), "OPS-1");
  options_.environment = {"nonsense"};
  EXPECT_FALSE(Make().ok());
  options_.environment = {"A=1", "A=2"};
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--env: A is given twice"));
  options_.environment.clear();
  options_.labels = {"a=1", "b=1", "a=1"};
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--label: a is given twice"));
}

TEST_F(RunRequestTest, RequestedVariablesAreGivenOrOurs) {
  setenv("MUSTER_TEST_VALUE", "ours", 1);
  options_.requested_environment = {"A=1=2", "MUSTER_TEST_VALUE"};
  const v1::RunSpec spec = *Make();
  EXPECT_EQ(spec.command().requested_environment().at("A"), "1=2");
  EXPECT_EQ(spec.command().requested_environment().at("MUSTER_TEST_VALUE"), "ours");
  unsetenv("MUSTER_TEST_VALUE");
  EXPECT_THAT(std::string(Make().status().message()),
              HasSubstr("--request-env: there is no $MUSTER_TEST_VALUE; give NAME=VALUE"));
}

TEST_F(RunRequestTest, ATerminalIsAskedForWhereItIsWanted) {
  EXPECT_FALSE(Make()->has_terminal());
  setenv("TERM", "vt100", 1);
  options_.tty = true;
  EXPECT_EQ(Make()->terminal().type(), "vt100");
  options_.tty = false;
  options_.no_tty = true;
  options_.ssh_options = {"RequestTTY=force"};
  const v1::RunSpec spec = *Make();
  EXPECT_FALSE(spec.has_terminal());
  EXPECT_EQ(spec.login().ssh_config().options(0), "RequestTTY=no");  // the first counts
}

TEST_F(RunRequestTest, TargetsAddUpAndExclusionsComeLast) {
  const auto expression = [this](std::vector<std::string> targets,
                                 std::vector<std::string> exclude) {
    options_.targets = std::move(targets);
    options_.exclude = std::move(exclude);
    const absl::StatusOr<v1::RunSpec> spec = Make();
    return spec.ok() ? spec->targets().expression() : std::string(spec.status().message());
  };
  EXPECT_EQ(expression({"a", "b[1-2],c"}, {}), "a,b[1-2],c");
  EXPECT_EQ(expression({"a!b", "c!d"}, {}), "a!b,(c!d)");
  EXPECT_EQ(expression({"a"}, {"b", "c,d"}), "a!b!(c,d)");
  EXPECT_THAT(expression({"a", ""}, {}), HasSubstr("--targets: it is empty"));
  EXPECT_THAT(expression({"a"}, {" "}), HasSubstr("--exclude: it is empty"));
  EXPECT_THAT(expression({}, {}), HasSubstr("no targets: say which hosts, such as -t"));
  EXPECT_THAT(expression({"-"}, {"-"}), HasSubstr("once only"));
  EXPECT_THAT(expression({"@@/no/such/file"}, {}), HasSubstr("/no/such/file"));
}

TEST_F(RunRequestTest, TargetsFromAFile) {
  const std::string path = ::testing::TempDir() + "/hosts";
  const auto expression = [&](const std::string& text) {
    std::ofstream(path) << text;
    options_.targets = {"@@" + path};
    const absl::StatusOr<v1::RunSpec> spec = Make();
    return spec.ok() ? spec->targets().expression() : std::string(spec.status().message());
  };
  EXPECT_EQ(expression("# all\nweb1\r\n\n  db[1-3]!db2 # not two\nc"), "web1,(db[1-3]!db2),c");
  EXPECT_EQ(expression("\xef\xbb\xbfweb1\r\n\r\n \t\r\n#web2\r\nweb3"), "web1,web3");
  EXPECT_THAT(expression("# none\n"), HasSubstr("names no host"));
  EXPECT_THAT(expression("\xff\xfew\0e\0b\0"), HasSubstr("UTF-8"));
  std::string many;
  for (int i = 10000; i < 20000; ++i) absl::StrAppend(&many, "node", i, ".example.com\n");
  EXPECT_EQ(expression(many), "node[10000-19999].example.com");
}

TEST_F(RunRequestTest, WhatIsNotUtf8IsNamed) {
  const std::string bad = "a\xff=b";
  const auto refused = [this](const char* name) {
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr(name));
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr("UTF-8"));
    options_ = Options();
    options_.targets = {"web1"};
    options_.command = {"true"};
  };
  options_.environment = {bad};
  refused("--env: \"a\\xff\"");
  options_.labels = {bad};
  refused("--label");
  options_.user = bad;
  refused("--user");
  options_.rollout.lock = bad;
  refused("--lock");
  options_.identity_files = {bad};
  refused("--identity");
  options_.known_hosts = bad;
  refused("--known-hosts");
  options_.ssh_config = bad;
  refused("--ssh-config");
  options_.inventory = bad;
  refused("--inventory");
  options_.targets = {bad};
  refused("--targets");
  options_.command = {bad};
  refused("the command");
  options_.argv = true;
  options_.command = {bad};
  refused("the command");
  options_.rollout.batches = "1";
  options_.rollout.probe = bad;
  refused("--probe");
  options_.identity_files = {bad};
  options_.request_id = bad;
  options_.run_id = "r1";
  EXPECT_THAT(
      std::string(MakeRerunRequest(options_, {"unix:/run/m.sock", true}, {}).status().message()),
      HasSubstr("UTF-8"));
}

TEST_F(RunRequestTest, SecretsAreSentAndNotTold) {
  options_.identity_files = {"/keys/a"};
  secrets_ = {"of the key", "of the hosts", {}};
  const v1::LocalCredential local = Make()->login().local();
  EXPECT_EQ(local.identity_files(0).passphrase(), "of the key");
  EXPECT_EQ(local.password(), "of the hosts");
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  options_.identity_files.clear();
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  options_.ssh_config = "none";
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  secrets_.password = "caf\xe9";
  EXPECT_THAT(std::string(Make().status().message()),
              AllOf(HasSubstr("the password: it is not UTF-8"), Not(HasSubstr("caf"))));
  options_.credential = "deploy";
  EXPECT_FALSE(Make()->login().has_local());
}

// As the shell passes <(...).
TEST_F(RunRequestTest, WhatTheDaemonCannotOpenIsReadByTheCaller) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "[web]\nweb1\n", 11), 11);
  close(ends[1]);
  options_.inventory = absl::StrCat("/dev/fd/", ends[0]);
  const std::string path = Make()->targets().inventory_file();
  EXPECT_THAT(path, HasSubstr(absl::StrCat("/proc/", getpid(), "/fd/")));
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "[web]\nweb1\n");
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISREG(info.st_mode));
  EXPECT_EQ(info.st_mode & 077, 0u);
  close(ends[0]);
  options_.inventory.clear();
  options_.known_hosts = "/proc/self/cmdline";
  EXPECT_THAT(Make()->login().local().known_hosts_files(0), HasSubstr("/fd/"));
  options_.host_key_policy = "accept-new";
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--known-hosts"));
}

TEST_F(RunRequestTest, Rollout) {
  options_.rollout.batches = "1,10%, 50%";
  options_.rollout.max_failures = "5%";
  options_.rollout.order = "shuffled:42";
  options_.rollout.probe = "true";
  options_.rollout.batch_pause = absl::Milliseconds(1500);
  const v1::Rollout rollout = Make()->rollout();
  ASSERT_EQ(rollout.batches_size(), 3);
  EXPECT_EQ(rollout.batches(0).hosts(), 1u);
  EXPECT_EQ(rollout.batches(1).percent(), 10u);
  EXPECT_EQ(rollout.batches(2).percent(), 50u);
  EXPECT_EQ(rollout.order(), v1::HOST_ORDER_SHUFFLED);
  EXPECT_EQ(rollout.shuffle_seed(), 42u);
  EXPECT_EQ(rollout.probe().shell(), "true");
  EXPECT_EQ(rollout.batch_pause().nanos(), 500'000'000);
}

TEST_F(RunRequestTest, WrongRolloutsAreTold) {
  const auto refused = [this](std::string RolloutOptions::*field, const char* text) {
    options_.rollout = RolloutOptions();
    options_.rollout.*field = text;
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr(text));
  };
  for (const char* batches : {"0", "-1", "101%", "x", "1;2"}) {
    refused(&RolloutOptions::batches, batches);
  }
  for (const char* failures : {"x", "101%", "-1", "%"}) {
    refused(&RolloutOptions::max_failures, failures);
  }
  for (const char* order : {"random", "shuffled:x"}) refused(&RolloutOptions::order, order);
  options_.rollout = RolloutOptions();
  options_.rollout.confirm_batches = true;
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--confirm-batches"));
}

TEST_F(RunRequestTest, StoppingAndLimits) {
  EXPECT_FALSE(Make()->stop().has_grace());
  options_.stop_grace = absl::ZeroDuration();
  options_.output_limit = 10;
  options_.on_output_limit = "cancel";
  const v1::RunSpec spec = *Make();
  EXPECT_TRUE(spec.stop().has_grace());
  EXPECT_EQ(spec.output_limits().max_bytes_per_host(), 10u);
  EXPECT_EQ(spec.output_limits().policy(), v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST);
}

TEST_F(RunRequestTest, ARerunKeepsTheRunsLoginUnlessOneIsGiven) {
  const ServerAddress own = {"unix:/run/m.sock", true};
  options_.states = "exited_nonzero,not-started";
  auto request = MakeRerunRequest(options_, own, {});
  EXPECT_FALSE(request->has_login());
  EXPECT_THAT(request->states(),
              ElementsAre(v1::HOST_STATE_EXITED_NONZERO, v1::HOST_STATE_NOT_STARTED));
  options_.identity_files = {"/keys/a"};
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().local().identity_files(0).path(), "/keys/a");
  options_.identity_files.clear();
  options_.identities_only = true;
  request = MakeRerunRequest(options_, own, {});
  EXPECT_TRUE(request->login().local().identities_only());
  options_.identities_only = false;
  options_.password_file = "/p";
  request = MakeRerunRequest(options_, own, {"", "secret", {}});
  EXPECT_EQ(request->login().local().password(), "secret");
  options_.password_file.clear();
  options_.jump_hosts = "gate";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_THAT(request->login().jump_hosts(), ElementsAre("gate"));
  EXPECT_TRUE(request->login().has_ssh_config());
  options_.jump_hosts.clear();
  options_.ssh_config = "/f";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().ssh_config().file(), "/f");
  options_.ssh_config = "none";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().ssh_config().file(), "/dev/null");
}

}  // namespace
}  // namespace muster::client
