// The command line, and the specification that it makes.
#include "client/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "client/run_request.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedOptions Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "muster");
  return ParseOptions(static_cast<int>(words.size()), words.data());
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

TEST_F(RunRequestTest, EnvironmentAndLabels) {
  options_.environment = {"A=1=2"};
  options_.labels = {"ticket=OPS-1"};
  const v1::RunSpec spec = *Make();
  EXPECT_EQ(spec.command().environment().at("A"), "1=2");
  EXPECT_EQ(spec.labels().at("ticket"), "OPS-1");
  options_.environment = {"nonsense"};
  EXPECT_FALSE(Make().ok());
}

TEST(ServerAddressTest, Forms) {
  EXPECT_TRUE(ChooseServer("")->own);
  EXPECT_EQ(ChooseServer("unix:/run/m.sock")->path(), "/run/m.sock");
  EXPECT_FALSE(ChooseServer("hub:7443")->is_unix());
  for (const char* bad : {"hub", "unix:relative", "http://hub:7443"}) {
    EXPECT_FALSE(ChooseServer(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace muster::client
