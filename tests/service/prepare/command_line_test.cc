#include "service/prepare/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/service/prepare/local_shell.h"

namespace muster::service {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

bool IsCsh(absl::string_view shell) { return absl::StrContains(shell, "csh"); }

std::string Out(const std::string& shell, const v1::Command& command) {
  const absl::StatusOr<std::string> line = CommandLine(command);
  EXPECT_TRUE(line.ok()) << line.status();
  const ShellResult result = RunShell(shell, line.value_or("false"));
  EXPECT_EQ(result.err, "") << shell;
  return result.out;
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
  for (int c = 1; c < 256; ++c) all_bytes.push_back(static_cast<char>(c));
  for (const std::string shell : kLoginShells) {
    for (const std::string& word :
         {std::string("plain"), std::string(""), std::string("two words"), std::string("it's"),
          std::string("$HOME `id` \\ \"x\""), std::string("a\nb"), std::string("\n\n"),
          std::string("*?[a]~#&;|<>()"), std::string("a\\\\b\\"), std::string("\\'!'!!\\!x"),
          std::string("=ls"), std::string("%1"), std::string("a=b"), std::string("{a,b}^c"),
          std::string("caf\xc3\xa9"), all_bytes}) {
      EXPECT_EQ(Out(shell, Argv({"printf", "%s.", word})), word + ".") << shell;
    }
  }
}

TEST(CommandLineTest, TheFirstArgumentIsAProgramAndNothingElse) {
  for (const std::string shell : kLoginShells) {
    for (const char* program : {"FOO=bar", "if", "time", "foreach", "begin", "@", "while"}) {
      const std::string line = *CommandLine(Argv({program, "x"}));
      EXPECT_THAT(RunShell(shell, line).err, ContainsRegex("not found|Unknown command|cannot run"))
          << shell << line;
    }
  }
}

TEST(CommandLineTest, EnvironmentIsSetInEveryLoginShell) {
  v1::Command command;
  command.set_shell("env | grep '^[ABC]=' | sort");
  (*command.mutable_environment())["A"] = "it's $HOME \\\\ !x `id` \"";
  (*command.mutable_environment())["B"] = "a:=b";
  (*command.mutable_environment())["C"] = "";
  for (const std::string shell : kLoginShells) {
    EXPECT_EQ(Out(shell, command), "A=it's $HOME \\\\ !x `id` \"\nB=a:=b\nC=\n") << shell;
  }
}

TEST(CommandLineTest, WithoutItsEnvironmentACommandDoesNotRun) {
  v1::Command command;
  command.set_shell("printf %s \"$A\"");
  (*command.mutable_environment())["A"] = "x\ny";
  for (const std::string shell : kLoginShells) {
    if (IsCsh(shell)) continue;
    EXPECT_EQ(Out(shell, command), "x\ny") << shell;
  }
  const ShellResult csh = RunShell("tcsh", *CommandLine(command));
  EXPECT_EQ(csh.out, "");
  EXPECT_THAT(csh.err, HasSubstr("csh cannot be given"));
  EXPECT_EQ(WEXITSTATUS(csh.status), 126);
  (*command.mutable_environment())["A"] = std::string(100'000, 'x');  // there once
  EXPECT_EQ(Out("dash", command).size(), 100'000u);
  EXPECT_EQ(WEXITSTATUS(RunShell("tcsh", *CommandLine(command)).status), 126);
  (*command.mutable_environment())["A"] = "x\ny";
  // Arguments go through /bin/sh there.
  v1::Command argv = Argv({"printenv", "A"});
  *argv.mutable_environment() = command.environment();
  EXPECT_EQ(Out("tcsh", argv), "x\ny\n");

  command.set_shell("echo ran");
  (*command.mutable_environment())["A"] = "1";
  const std::string read_only = "readonly A=2; " + *CommandLine(command);
  EXPECT_EQ(RunShell("bash", read_only).out, "");
  EXPECT_EQ(WEXITSTATUS(RunShell("bash", read_only).status), 126);
}

TEST(CommandLineTest, WhatIsSetDoesNotChangeTheNewlinesOfArguments) {
  v1::Command command = Argv({"sh", "-c", "printf %s \"$n\" \"$1\"", "sh", "\n"});
  (*command.mutable_environment())["n"] = "mine";
  EXPECT_EQ(Out("dash", command), "mine\n");
}

class FolderTest : public ::testing::Test {
 protected:
  FolderTest() {
    mkdir((home_ + "/it's ! $x").c_str(), 0755);
    mkdir((home_ + "/-").c_str(), 0755);
  }

  const OwnHome own_;
  const std::string& home_ = own_.path();
};

TEST_F(FolderTest, ACommandBeginsInItsFolderInEveryLoginShell) {
  for (const std::string shell : kLoginShells) {
    for (const std::string folder : {"it's ! $x", "-"}) {
      for (const std::string& ahead : {std::string(), home_ + "/"}) {
        v1::Command command;
        command.set_shell("pwd");
        command.set_working_directory(ahead + folder);
        EXPECT_EQ(Out(shell, command), home_ + "/" + folder + "\n") << shell;
        v1::Command argv = Argv({"/bin/sh", "-c", "pwd\n"});
        argv.set_working_directory(ahead + folder);
        EXPECT_EQ(Out(shell, argv), home_ + "/" + folder + "\n") << shell;
      }
    }
  }
}

TEST_F(FolderTest, WhereItCannotBeginItDoesNotRun) {
  v1::Command command;
  command.set_shell("echo ran");
  command.set_working_directory("none");
  for (const std::string shell : kLoginShells) {
    const ShellResult result = RunShell(shell, *CommandLine(command));
    EXPECT_EQ(result.out, "") << shell;
    EXPECT_THAT(result.err, HasSubstr(home_ + "/none")) << shell;
    EXPECT_THAT(result.err, HasSubstr("cannot be entered")) << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 126) << shell;
  }
}

TEST_F(FolderTest, NeitherAnAliasNorARestrictedShellHasItRunElsewhere) {
  v1::Command command;
  command.set_shell("echo ran");
  command.set_working_directory("none");
  std::ofstream(home_ + "/.tcshrc") << "alias cd 'cd \\!*; set prompt=x'\n";
  for (const char* const shell : {"tcsh", "bash -r"}) {
    const ShellResult result = RunShell(shell, *CommandLine(command));
    EXPECT_EQ(result.out, "") << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 126) << shell << " " << result.err;
  }
  command.clear_working_directory();
  (*command.mutable_environment())["PATH"] = "/bin:/x";
  const ShellResult result = RunShell("bash -r", *CommandLine(command));
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(WEXITSTATUS(result.status), 126) << result.err;
}

TEST_F(FolderTest, ItsUmaskIsSetInEveryLoginShell) {
  for (const std::string shell : kLoginShells) {
    for (v1::Command command : {Argv({"sh", "-c", "umask"}), Argv({"sh", "-c", "umask\n"})}) {
      command.set_umask(027);
      EXPECT_EQ(std::stoi(Out(shell, command), nullptr, 8), 027) << shell;
      command.set_umask(0);
      EXPECT_EQ(std::stoi(Out(shell, command), nullptr, 8), 0) << shell;
    }
  }
}

TEST_F(FolderTest, PlaceholdersAreOneWordInEveryLoginShellWhateverStandsForThem) {
  v1::RunHost host;
  host.set_name("web1");
  host.set_user("ann");
  host.set_port(2222);
  const std::string value = "it's; echo 2>&1 $(id) `id` \"!x\" \\ * ~ -n";
  (*host.mutable_variables()->mutable_values())["v"] = value;
  v1::RunSpec spec;
  spec.mutable_command()->set_placeholders(true);
  spec.mutable_command()->set_shell(
      "printf '%s\n' {vars.v} \"a {vars.v} b\" 'a {vars.v} b' {user}@{host}:{port} {index} "
      "'{{x}'");
  const PerHost differing = PerHostOf(spec);
  EXPECT_EQ(differing.placeholders,
            (std::set<std::string>{"host", "index", "port", "user", "vars.v"}));
  for (const std::string shell : kLoginShells) {
    // csh takes no newline within quotes.
    std::string line = HostPrefix(differing, host, 7) + *CommandLine(spec.command());
    if (IsCsh(shell)) line = absl::StrReplaceAll(line, {{"%s\n", "%s\\n"}});
    const ShellResult result = RunShell(shell, line);
    EXPECT_EQ(result.out,
              absl::StrCat(value, "\na ", value, " b\na ", value, " b\nann@web1:2222\n7\n{x}\n"))
        << shell << result.err;
  }
}

TEST_F(FolderTest, APlaceholderIsNoNumberOfADescriptor) {
  v1::RunSpec spec;
  spec.mutable_command()->set_placeholders(true);
  spec.mutable_command()->set_shell("echo {index}>&1");
  const std::string line =
      HostPrefix(PerHostOf(spec), v1::RunHost(), 2) + *CommandLine(spec.command());
  EXPECT_EQ(RunShell("dash", line).out, "2\n");
}

TEST_F(FolderTest, PlaceholdersStandInArgumentsAndInTheFolderToo) {
  v1::RunHost host;
  host.set_name("it's ! $x");
  v1::RunSpec spec;
  *spec.mutable_command() = Argv({"sh", "-c", "pwd; printf %s \"$1\"", "sh", "<{host}>{{\n{}"});
  spec.mutable_command()->set_working_directory("./{host}");
  spec.mutable_command()->set_placeholders(true);
  const PerHost differing = PerHostOf(spec);
  const std::string line = HostPrefix(differing, host, 0) + *CommandLine(spec.command());
  for (const std::string shell : kLoginShells) {
    EXPECT_EQ(RunShell(shell, line).out, home_ + "/it's ! $x\n<it's ! $x>{\n{}") << shell;
  }
  EXPECT_TRUE(CheckHost(spec, differing, host, 0).ok());
  spec.mutable_command()->set_working_directory("{host}/x");
  EXPECT_THAT(std::string(CheckHost(spec, differing, host, 0).message()),
              HasSubstr("not absolute for it's"));
}

TEST(CommandLineTest, RefusesPlaceholdersThatAreNoneOrThatItCannotQuote) {
  v1::Command command;
  command.set_placeholders(true);
  command.set_shell("echo {hots}");
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("\"{hots}\" is no"));
  command.set_shell("echo \"$(echo \"{host}\")\"");
  EXPECT_THAT(std::string(CommandLine(command).status().message()), HasSubstr("differ"));
  command.set_shell("echo ${host} {a,b} { } {1}");
  EXPECT_EQ(*CommandLine(command), "echo ${host} {a,b} { } {1}");
  command.set_placeholders(false);
  command.set_shell("echo {hots}");
  EXPECT_EQ(*CommandLine(command), "echo {hots}");

  v1::RunSpec spec;
  spec.mutable_command()->set_placeholders(true);
  spec.mutable_command()->set_shell("echo {vars.rack}");
  v1::RunHost host;
  host.set_name("web1");
  EXPECT_THAT(std::string(CheckHost(spec, PerHostOf(spec), host, 0).message()),
              HasSubstr("web1 has no such variable"));
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
