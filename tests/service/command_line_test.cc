#include "service/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

std::string RunShell(const std::string& line) {
  FILE* pipe = popen(line.c_str(), "r");
  std::string output;
  char buffer[4096];
  size_t size;
  while ((size = fread(buffer, 1, sizeof(buffer), pipe)) > 0) output.append(buffer, size);
  pclose(pipe);
  return output;
}

v1::Command Argv(const std::vector<std::string>& words) {
  v1::Command command;
  for (const std::string& word : words) command.mutable_argv()->add_arguments(word);
  return command;
}

TEST(CommandLineTest, ShellLinesGoAsTheyAre) {
  v1::Command command;
  command.set_shell("echo $HOME | wc -l");
  EXPECT_EQ(*CommandLine(command), "echo $HOME | wc -l");
}

TEST(CommandLineTest, EachArgumentReachesTheProgramAsItIs) {
  for (const std::string& word :
       {std::string("plain"), std::string(""), std::string("two words"), std::string("it's"),
        std::string("$HOME `id` \\ \"x\""), std::string("a\nb"), std::string("*?[a]~#&;|<>()"),
        std::string("\xff\x01 ")}) {
    EXPECT_EQ(RunShell(*CommandLine(Argv({"printf", "%s.", word}))), word + ".");
  }
}

TEST(CommandLineTest, EnvironmentGoesInFront) {
  v1::Command command;
  command.set_shell("printf %s \"$B$A\"");
  (*command.mutable_environment())["A"] = "it's $HOME";
  (*command.mutable_environment())["B"] = "1";
  EXPECT_THAT(*CommandLine(command), ::testing::StartsWith("export A="));
  EXPECT_EQ(RunShell(*CommandLine(command)), "1it's $HOME");
}

TEST(CommandLineTest, RefusesWhatNoShellCanTake) {
  v1::Command command;
  EXPECT_FALSE(CommandLine(command).ok());
  command.set_shell(" \n ");
  EXPECT_FALSE(CommandLine(command).ok());
  command.set_shell(std::string("a\0b", 3));
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("NUL"));
  command.set_shell(std::string(128 * 1024 + 1, 'x'));
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("131073"));
  command.set_shell("true");
  (*command.mutable_environment())["A;reboot"] = "1";
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("A;reboot"));
}

}  // namespace
}  // namespace muster::service
