#include "client/options/command_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "client/options/login_options.h"
#include "client/options/options.h"
#include "tests/client/options/parse.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ParsedOptions ParseRun(std::vector<const char*> words) {
  words.insert(words.begin(), {"run", "-t", "a"});
  return Parse(std::move(words));
}

v1::Command CommandOf(const std::vector<const char*>& words) {
  v1::Command command;
  const absl::Status status = FillCommand(ParseRun(words).options, &command);
  EXPECT_TRUE(status.ok()) << status;
  return command;
}

std::string Problem(const std::vector<const char*>& words) {
  v1::Command command;
  return std::string(FillCommand(ParseRun(words).options, &command).message());
}

class ScriptOptionTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }
  const std::string path_ = ::testing::TempDir() + "/deploy.sh";
};

TEST_F(ScriptOptionTest, AScriptIsSentWithTheWordsAsItsArguments) {
  Write("#!/bin/sh\necho");
  const v1::Command command =
      CommandOf({"--script", path_.c_str(), "--interpreter", "python3  -u", "--", "--fast", "a b"});
  EXPECT_EQ(command.script().content(), "#!/bin/sh\necho");
  EXPECT_EQ(command.script().name(), "deploy.sh");
  EXPECT_THAT(command.script().arguments(), ElementsAre("--fast", "a b"));
  EXPECT_THAT(command.script().interpreter(), ElementsAre("python3", "-u"));
  EXPECT_TRUE(ParseRun({"--script", path_.c_str()}).run);
}

TEST_F(ScriptOptionTest, WhatCannotBeSentIsTold) {
  EXPECT_THAT(Problem({"--script", "-"}), HasSubstr("--script: - would be standard input"));
  EXPECT_THAT(Problem({"--script", "/nonexistent"}), HasSubstr("--script: /nonexistent"));
  Write(std::string(256 * 1024 + 1, 'x'));
  EXPECT_THAT(Problem({"--script", path_.c_str()}), HasSubstr("has 262145 bytes; at most 262144"));
  Write("");
  EXPECT_THAT(Problem({"--script", path_.c_str()}), HasSubstr("is empty"));
  EXPECT_EQ(ParseRun({"--script", "x", "--argv"}).exit_code, 2);
  EXPECT_EQ(ParseRun({"--script", "x", "--tty"}).exit_code, 2);
  EXPECT_EQ(ParseRun({"--interpreter", "sh", "x"}).exit_code, 2);
}

TEST(CommandOptionsTest, WhatStandsAheadOfACommandIsSetOnlyWhereItIsGiven) {
  const v1::Command plain = CommandOf({"x"});
  EXPECT_FALSE(plain.has_umask());
  EXPECT_FALSE(plain.placeholders());
  const v1::Command command =
      CommandOf({"--chdir", "/srv", "--umask", "027", "--placeholders", "x"});
  EXPECT_EQ(command.working_directory(), "/srv");
  EXPECT_EQ(command.umask(), 027u);
  EXPECT_TRUE(command.placeholders());
  for (const char* mode : {"", "8", "27x", "1027", "00027", "-1"}) {
    EXPECT_THAT(ParseRun({"--umask", mode, "x"}).text, HasSubstr("--umask")) << mode;
  }
}

TEST(CommandOptionsTest, AProbeHasPlaceholdersAsTheCommand) {
  const ServerAddress own = {"unix:/run/m.sock", true};
  const auto probe = [&](const std::vector<const char*>& words) {
    return MakeRunSpec(ParseRun(words).options, own, LoginSecrets())->rollout().probe();
  };
  EXPECT_TRUE(
      probe({"--batches", "1", "--placeholders", "--probe", "ping {host}", "x"}).placeholders());
  EXPECT_FALSE(probe({"--batches", "1", "--probe", "ping {host}", "x"}).placeholders());
}

}  // namespace
}  // namespace muster::client
