#include "service/prepare/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

constexpr const char* kShells[] = {"/bin/dash", "/bin/bash", "/bin/zsh", "/usr/bin/fish",
                                   "/bin/tcsh"};

// As sshd starts a login shell.
std::string RunShell(const std::string& line, const std::string& shell = "/bin/sh") {
  setenv("LINE", line.c_str(), 1);
  FILE* pipe = popen(absl::StrCat("exec ", shell, " -c \"$LINE\" 2>&1").c_str(), "r");
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

TEST(CommandLineTest, EachArgumentReachesTheProgramAsItIsInEveryLoginShell) {
  std::string all_bytes;
  for (int c = 1; c < 128; ++c) all_bytes.push_back(static_cast<char>(c));
  for (const std::string shell : kShells) {
    for (const std::string& word :
         {std::string("plain"), std::string(""), std::string("two words"), std::string("it's"),
          std::string("$HOME `id` \\ \"x\""), std::string("a\nb"), std::string("\n\n"),
          std::string("*?[a]~#&;|<>()"), std::string("a\\\\b\\"), std::string("\\'!'!!\\!x"),
          std::string("=ls"), std::string("%1"), std::string("a=b"), std::string("{a,b}^c"),
          std::string("caf\xc3\xa9"), all_bytes}) {
      EXPECT_EQ(RunShell(*CommandLine(Argv({"printf", "%s.", word})), shell), word + ".") << shell;
    }
  }
}

TEST(CommandLineTest, TheFirstArgumentIsAProgramAndNothingElse) {
  for (const std::string shell : kShells) {
    for (const char* program : {"FOO=bar", "if", "time", "foreach", "begin", "@", "while"}) {
      const std::string line = *CommandLine(Argv({program, "x"}));
      EXPECT_THAT(RunShell(line + " || echo failed", shell), HasSubstr("failed")) << shell << line;
    }
  }
}

TEST(CommandLineTest, WithoutItsEnvironmentACommandDoesNotRun) {
  v1::Command command;
  command.set_shell("echo ran; echo again");
  (*command.mutable_environment())["TARGET"] = "prod \\\\ !x\ny";
  for (const std::string shell : kShells) {
    const bool csh = absl::StrContains(shell, "csh");
    const std::string output = RunShell(*CommandLine(command), shell);
    EXPECT_EQ(output.find("ran") == std::string::npos, csh) << shell << ": " << output;
  }
  command.set_shell("printf %s \"$TARGET\"");
  for (const std::string shell : kShells) {
    if (absl::StrContains(shell, "csh")) continue;
    EXPECT_EQ(RunShell(*CommandLine(command), shell), "prod \\\\ !x\ny") << shell;
  }
  (*command.mutable_environment())["TARGET"] = "prod";
  EXPECT_THAT(RunShell(*CommandLine(command), "/bin/tcsh"), HasSubstr("cannot export variables"));
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
  command.set_shell(std::string(131071, 'x'));  // execve(2): MAX_ARG_STRLEN, of which one is a NUL
  EXPECT_TRUE(CommandLine(command).ok());
  command.set_shell(std::string(131072, 'x'));
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("131072 bytes"));
  command.set_shell("true");
  (*command.mutable_environment())["A;reboot"] = "1";
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("A;reboot"));
}

}  // namespace
}  // namespace muster::service
