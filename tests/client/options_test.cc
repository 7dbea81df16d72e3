// The command line, and the specification that it makes.
#include "client/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "client/list_request.h"
#include "client/run_request.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedOptions Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "muster");
  return ParseOptions(static_cast<int>(words.size()), words.data());
}

TEST(OptionsTest, AnotherUsersSocketIsTrustedOnlyWhereThatIsSaid) {
  EXPECT_TRUE(MayHaveSecrets(*ChooseServer("unix:/s", "")));
  EXPECT_TRUE(MayHaveSecrets(*ChooseServer("unix:/s", "root")));
  EXPECT_EQ(ChooseServer("unix:/s", "4711")->trusted_user, 4711);
  EXPECT_FALSE(MayHaveSecrets(*ChooseServer("unix:/s", "4711")));
  EXPECT_FALSE(ChooseServer("unix:/s", "no such user").ok());
  EXPECT_FALSE(ChooseServer("hub:7443", "4711").ok());
}

TEST(OptionsTest, Run) {
  const ParsedOptions parsed =
      Parse({"run", "-t", "web[1-3]", "-u", "ann", "-p", "2222", "-f", "7", "--connect-timeout",
             "1m30s", "--fold", "--", "echo", "-n", "hi"});
  ASSERT_TRUE(parsed.run) << parsed.text;
  EXPECT_EQ(parsed.options.subcommand, Subcommand::kRun);
  EXPECT_EQ(parsed.options.port, 2222u);
  EXPECT_EQ(parsed.options.connect_timeout, absl::Seconds(90));
  EXPECT_TRUE(parsed.options.fold);
  EXPECT_THAT(parsed.options.command, ElementsAre("echo", "-n", "hi"));
}

TEST(OptionsTest, ALaterOptionOverridesAnEarlierOne) {
  EXPECT_EQ(Parse({"run", "-t", "a", "-u", "ann", "-u", "bob", "--", "true"}).options.user, "bob");
}

TEST(OptionsTest, WrongUseIsTwoAndSaysWhat) {
  const auto wrong = [](std::vector<const char*> words, const char* hint) {
    const ParsedOptions parsed = Parse(std::move(words));
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr(hint));
  };
  wrong({}, "subcommand");
  wrong({"run", "-t", "a"}, "command");
  wrong({"run", "--", "true"}, "-t");
  wrong({"run", "-t", "a", "-p", "0", "--", "true"}, "-p");
  wrong({"run", "-t", "a", "--command-timeout", "soon", "--", "true"}, "soon");
  wrong({"run", "-t", "a", "--host-key-policy", "no", "--", "true"}, "accept-new");
  wrong({"show"}, "run");
  wrong({"dance"}, "dance");
}

TEST(OptionsTest, RepeatedOptionsAddUp) {
  const ParsedOptions parsed =
      Parse({"run", "-t", "a", "--label", "x=1", "--label", "y=2", "--", "true"});
  EXPECT_THAT(parsed.options.labels, ElementsAre("x=1", "y=2"));
}

TEST(OptionsTest, SizesAndDurations) {
  const auto run = [](const char* option, const char* value) {
    return Parse({"run", "-t", "a", option, value, "--", "true"});
  };
  EXPECT_EQ(run("--output-limit", "64K").options.output_limit, 65536u);
  EXPECT_EQ(run("--run-output-limit", "2G").options.run_output_limit, uint64_t{2} << 30);
  EXPECT_EQ(run("--stop-grace", "0s").options.stop_grace, absl::ZeroDuration());
  for (const char* bad : {"", "K", "-1", "1.5M", "99999999999999999999", "99999999999T"}) {
    EXPECT_EQ(run("--output-limit", bad).exit_code, 2) << bad;
  }
}

TEST(OptionsTest, JumpHosts) {
  EXPECT_EQ(Parse({"run", "-t", "a", "-J", "ann@b:2222,c", "--", "true"}).options.jump_hosts,
            "ann@b:2222,c");
  EXPECT_EQ(Parse({"rerun", "r1", "--jump", "[::1]"}).options.jump_hosts, "[::1]");
  // A variable that is not set must not lead past the bastion.
  EXPECT_EQ(Parse({"run", "-t", "a", "-J", "", "--", "true"}).exit_code, 2);
}

TEST(OptionsTest, RerunTakesItsHostsTogether) {
  EXPECT_EQ(Parse({"rerun", "r1", "--failed", "--not-started"}).options.states,
            "failed,not-started");
}

TEST(OptionsTest, WhatDoesNotGoTogetherIsTold) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"watch", "r1", "--from", "3", "--output-dir", "d"},
           {"watch", "r1", "--from", "3", "--fold"},
           {"watch", "r1", "--hosts", "a", "--junit", "f"},
           {"watch", "r1", "--states", "failed", "--output-dir", "d"},
           {"watch", "r1", "--summary", "--json"},
           {"run", "-t", "a", "--fold", "--json", "--", "true"}}) {
    EXPECT_EQ(Parse(words).exit_code, 2) << words[2] << " " << words[3];
  }
}

TEST(OptionsTest, HelpIsNoError) {
  const ParsedOptions parsed = Parse({"run", "--help"});
  EXPECT_FALSE(parsed.run);
  EXPECT_EQ(parsed.exit_code, 0);
  EXPECT_THAT(parsed.text, HasSubstr("--max-in-flight"));
}

class RunRequestTest : public ::testing::Test {
 protected:
  RunRequestTest() {
    setenv("HOME", "/nonexistent", 1);
    unsetenv("SSH_AUTH_SOCK");
    options_.targets = "web1";
    options_.command = {"uname", "-a"};
  }
  absl::StatusOr<v1::RunSpec> Make(const ServerAddress& server = {"unix:/run/m.sock", true}) {
    return MakeRunSpec(options_, server, "");
  }
  Options options_;
};

TEST_F(RunRequestTest, WordsBecomeAShellLineUnlessArgvIsAskedFor) {
  EXPECT_EQ(Make()->command().shell(), "uname -a");
  options_.argv = true;
  EXPECT_THAT(Make()->command().argv().arguments(), ElementsAre("uname", "-a"));
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
}

TEST_F(RunRequestTest, Rollout) {
  options_.rollout.batches = "1,10%, 50%";
  options_.rollout.max_failures = "5%";
  options_.rollout.order = "shuffled:42";
  options_.rollout.probe = "true";
  options_.rollout.batch_pause = absl::Milliseconds(1500);
  const v1::Rollout rollout = Make()->rollout();
  EXPECT_THAT(rollout.batches(), ElementsAre("1", "10%", "50%"));
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
  auto request = MakeRerunRequest(options_, own, "");
  EXPECT_FALSE(request->has_login());
  EXPECT_THAT(request->states(),
              ElementsAre(v1::HOST_STATE_EXITED_NONZERO, v1::HOST_STATE_NOT_STARTED));
  options_.identity_files = {"/keys/a"};
  request = MakeRerunRequest(options_, own, "");
  EXPECT_EQ(request->login().local().identity_files(0).path(), "/keys/a");
  options_.identity_files.clear();
  options_.jump_hosts = "gate";
  request = MakeRerunRequest(options_, own, "");
  EXPECT_THAT(request->login().jump_hosts(), ElementsAre("gate"));
}

TEST(ListRequestTest, Filters) {
  const absl::Time now = absl::FromUnixSeconds(1'000'000);
  Options options;
  options.run_states = "failed,paused";
  options.labels = {"a=b"};
  options.since = "2h";
  auto request = MakeListRequest(options, now, absl::UTCTimeZone());
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_THAT(request->states(), ElementsAre(v1::RUN_STATE_FAILED, v1::RUN_STATE_PAUSED));
  EXPECT_EQ(request->created_after().seconds(), 1'000'000 - 7200);
  options.since = "1970-01-02T01:00:00+01:00";
  EXPECT_EQ(MakeListRequest(options, now, absl::UTCTimeZone())->created_after().seconds(), 86400);
  options.since = "1970-01-02";
  EXPECT_EQ(MakeListRequest(options, now, absl::UTCTimeZone())->created_after().seconds(), 86400);
  options.since = "yesterday";
  EXPECT_FALSE(MakeListRequest(options, now, absl::UTCTimeZone()).ok());
}

TEST(ServerAddressTest, Forms) {
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_TRUE(ChooseServer("", "")->own);
  EXPECT_EQ(ChooseServer("", "")->path(), "/state/muster/musterd.sock");
  setenv("XDG_STATE_HOME", "state", 1);
  EXPECT_FALSE(ChooseServer("", "").ok());
  EXPECT_EQ(ChooseServer("unix:/run/m.sock", "")->path(), "/run/m.sock");
  EXPECT_FALSE(ChooseServer("hub:7443", "")->is_unix());
  for (const char* bad : {"hub", "unix:relative", "http://hub:7443"}) {
    EXPECT_FALSE(ChooseServer(bad, "").ok()) << bad;
  }
}

}  // namespace
}  // namespace muster::client
