#include "service/prepare/script_line.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "absl/strings/str_cat.h"
#include "service/prepare/command_line.h"
#include "tests/service/prepare/local_shell.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::Script Script(const std::string& content) {
  v1::Script script;
  script.set_content(content);
  return script;
}

TEST(ScriptLineTest, TheFirstLineIsReadAsTheSystemReadsIt) {
  EXPECT_THAT(*InterpreterOf(Script("echo\n")), ElementsAre("/bin/sh"));
  EXPECT_THAT(*InterpreterOf(Script("#!\n")), ElementsAre("/bin/sh"));
  EXPECT_THAT(*InterpreterOf(Script("#!/bin/bash")), ElementsAre("/bin/bash"));
  EXPECT_THAT(*InterpreterOf(Script("#! /usr/bin/env  python3 -u \nx")),
              ElementsAre("/usr/bin/env", "python3 -u"));
  v1::Script script = Script(
      "\x7f"
      "ELF");
  EXPECT_THAT(std::string(InterpreterOf(script).status().message()), HasSubstr("program"));
  script.add_interpreter("qemu");
  EXPECT_THAT(*InterpreterOf(script), ElementsAre("qemu"));
  EXPECT_THAT(std::string(InterpreterOf(Script("#!/bin/sh\r\nx\r\n")).status().message()),
              HasSubstr("CR LF"));
  EXPECT_THAT(std::string(InterpreterOf(Script("\xef\xbb\xbf#!/bin/sh\n")).status().message()),
              HasSubstr("byte order mark"));
  EXPECT_FALSE(InterpreterOf(Script("#!/bin/" + std::string(255, 'x'))).ok());
}

// Runs scripts in every kind of login shell, with folders of its own.
class ScriptRunTest : public ::testing::Test {
 protected:
  ScriptRunTest() {
    mkdir(temporary_.c_str(), 0755);
    setenv("TMPDIR", temporary_.c_str(), 1);
  }
  ~ScriptRunTest() override { unsetenv("TMPDIR"); }

  ShellResult Run(const v1::Command& command, const std::string& input = "",
                  const std::string& shell = "dash") {
    const absl::StatusOr<std::string> line = CommandLine(command);
    EXPECT_TRUE(line.ok()) << line.status();
    return RunShell(shell, line.value_or("false"), *PrologueOf(command) + input);
  }
  int Left() const {
    int entries = 0;
    DIR* const folder = opendir(temporary_.c_str());
    while (readdir(folder) != nullptr) ++entries;
    closedir(folder);
    return entries - 2;
  }

  const OwnHome own_;
  const std::string& home_ = own_.path();
  const std::string temporary_ = home_ + "/tmp";
};

TEST_F(ScriptRunTest, ReadsItsArgumentsAndItsInputInEveryLoginShell) {
  v1::Command command;
  *command.mutable_script() = Script(
      "#!/bin/sh -e\n# It's \\ ! \"a\"\nprintf '%s|' \"$0\" \"$@\"\numask\nhead -c 3\necho; cat; "
      "ls -ld \"${0%/*}\" $0\n"
      "exit 7\n");
  command.mutable_script()->set_name("it's.sh");
  std::string all;
  for (int c = 1; c < 256; ++c) all.push_back(static_cast<char>(c));
  for (const std::string& word : {std::string("a\nb"), std::string(), all}) {
    command.mutable_script()->add_arguments(word);
  }
  command.set_umask(022);
  for (const std::string shell : kLoginShells) {
    const ShellResult result = Run(command, "one\ntwo\n", shell);
    EXPECT_EQ(WEXITSTATUS(result.status), 7) << shell << result.err;
    EXPECT_THAT(result.out, HasSubstr("/it's.sh|a\nb||" + all + "|0022\none\n\ntwo\n")) << shell;
    EXPECT_THAT(result.out, HasSubstr("drwx------")) << shell;
    EXPECT_THAT(result.out, HasSubstr("-rw-------")) << shell;
    EXPECT_EQ(result.err, "") << shell;
    EXPECT_EQ(Left(), 0) << shell;
  }
}

TEST_F(ScriptRunTest, SignalsDoToItWhatTheyDoToAnyProgram) {
  v1::Command command;
  *command.mutable_script() =
      Script("#!/bin/bash\ntrap 'echo caught' INT\nkill -INT $$; echo on\n");
  EXPECT_EQ(Run(command).out, "caught\non\n");
  *command.mutable_script() = Script("#!/bin/sh\nkill -QUIT $$; echo on\n");
  const ShellResult quit = Run(command);
  EXPECT_EQ(quit.out, "");
  EXPECT_EQ(WEXITSTATUS(quit.status), 128 + 3);
}

TEST_F(ScriptRunTest, EnvironmentAndFolderAreTheScriptsAlone) {
  v1::Command command;
  *command.mutable_script() = Script("#!/bin/sh\n/bin/pwd; echo $PATH; exit 3");
  (*command.mutable_environment())["PATH"] = "/nowhere";
  command.set_working_directory("/");
  const ShellResult result = Run(command);
  EXPECT_EQ(result.out, "/\n/nowhere\n") << result.err;
  EXPECT_EQ(WEXITSTATUS(result.status), 3);
  EXPECT_EQ(Left(), 0);
  command.set_working_directory("none");
  EXPECT_EQ(WEXITSTATUS(Run(command).status), 126);
  EXPECT_EQ(Left(), 0);
}

TEST_F(ScriptRunTest, ItsOwnInterpreterRunsIt) {
  v1::Command command;
  *command.mutable_script() = Script("import sys; print(sys.argv[1:]); sys.exit(200)");
  command.mutable_script()->add_interpreter("python3");
  command.mutable_script()->add_interpreter("-u");
  command.mutable_script()->add_arguments("x");
  EXPECT_EQ(Run(command).out, "['x']\n");
  EXPECT_EQ(WEXITSTATUS(Run(command).status), 200);
}

TEST_F(ScriptRunTest, OneThatIsCutShortDoesNotRun) {
  v1::Command command;
  *command.mutable_script() = Script("echo ran\nrm -rf /tmp/x");
  const ShellResult result = RunShell("dash", *CommandLine(command), "echo ran\nrm -rf /");
  EXPECT_EQ(WEXITSTATUS(result.status), 126);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("17 of 22 bytes"));
  EXPECT_EQ(Left(), 0);
}

TEST_F(ScriptRunTest, AnotherFolderServesWhereOneTakesNone) {
  v1::Command command;
  *command.mutable_script() = Script("echo \"$0\"");
  setenv("TMPDIR", "/proc", 1);
  EXPECT_THAT(Run(command).out, ::testing::StartsWith(home_ + "/muster."));
  setenv("TMPDIR", "relative", 1);
  EXPECT_THAT(Run(command).out, ::testing::StartsWith("/tmp/muster."));
}

TEST_F(ScriptRunTest, WithoutMktempItHasAFolderOfItsOwnAllTheSame) {
  const std::string tools = home_ + "/bin";
  mkdir(tools.c_str(), 0755);
  v1::Command command;
  *command.mutable_script() = Script("echo \"$0\"");
  // A mktemp that fails is first in PATH.
  EXPECT_EQ(system(("ln -s /bin/false " + tools + "/mktemp").c_str()), 0);
  const std::string path = getenv("PATH");
  setenv("PATH", (tools + ":" + path).c_str(), 1);
  const ShellResult result = Run(command);
  setenv("PATH", path.c_str(), 1);
  EXPECT_THAT(result.out, ::testing::StartsWith(temporary_ + "/muster.")) << result.err;
  EXPECT_EQ(Left(), 0);
}

// The file is gone at once, though the script takes its time; its own status counts.
TEST_F(ScriptRunTest, OneThatIsAskedToEndRemovesItsFileFirst) {
  v1::Command command;
  *command.mutable_script() = Script(
      "trap 'test -e \"$0\" || echo gone; exit 5' TERM\nkill -TERM $PPID\n"
      "while test -e \"$0\"; do sleep 0.01; done\nkill -TERM $$\nsleep 9 & wait\n");
  for (const std::string shell : kLoginShells) {
    const ShellResult result = Run(command, "", shell);
    EXPECT_EQ(result.out, "gone\n") << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 5) << shell;
    EXPECT_EQ(Left(), 0) << shell;
  }
}

// What /bin/sh is differs from system to system.
TEST_F(ScriptRunTest, AnyPosixShellMayBeTheSystems) {
  const v1::Script script = Script(
      "trap 'test -e \"$0\" || echo gone; exit 5' TERM\necho \"$1\"; head -c 3\n"
      "test \"$2\" || exit 7\nkill -TERM $PPID\nwhile test -e \"$0\"; do sleep 0.01; done\n"
      "kill -TERM $$\n");
  for (const std::string shell :
       {"dash", "bash --posix", "bash", "mksh", "busybox sh", "zsh --emulate sh"}) {
    const auto run = [&](const std::string& arguments, const std::string& input) {
      return RunShell(shell, *ScriptLine(script, "umask 0077 || exit 126; ", arguments), input);
    };
    ShellResult result = run(" 'it'\\''s'", script.content() + "one\n");
    EXPECT_EQ(result.out + result.err, "it's\none") << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 7) << shell;
    result = run(" a b", script.content() + "one\n");
    EXPECT_EQ(result.out + result.err, "a\nonegone\n") << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 5) << shell;
    result = run(" a", "echo ran");
    EXPECT_THAT(result.err, HasSubstr("8 of ")) << shell;
    EXPECT_EQ(WEXITSTATUS(result.status), 126) << shell;
    EXPECT_EQ(Left(), 0) << shell;
  }
}

TEST_F(ScriptRunTest, ASignalIsToldAsShellsTellIt) {
  v1::Command command;
  *command.mutable_script() = Script("kill -KILL $$");
  EXPECT_EQ(WEXITSTATUS(Run(command).status), 128 + SIGKILL);
}

}  // namespace
}  // namespace muster::service
