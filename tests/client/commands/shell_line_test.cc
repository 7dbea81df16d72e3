#include "client/commands/shell_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/commands/line_editor.h"
#include "client/commands/shell_completion.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using Kind = ShellLine::Kind;

void ExpectLine(absl::string_view line, Kind kind, absl::string_view text) {
  const ShellLine read = ReadShellLine(line);
  EXPECT_EQ(read.kind, kind) << line;
  EXPECT_EQ(read.text, text) << line;
}

TEST(ShellLine, WhatIsForTheHostsGoesAsItIs) {
  ExpectLine(" uptime -p ", Kind::kRun, "uptime -p");
  ExpectLine("cd /srv && ls", Kind::kRun, "cd /srv && ls");
  ExpectLine("export A=1; env", Kind::kRun, "export A=1; env");
  ExpectLine(": > /tmp/empty", Kind::kRun, ": > /tmp/empty");
  ExpectLine("exit 3", Kind::kRun, "exit 3");
  ExpectLine("cdrecord", Kind::kRun, "cdrecord");
}

TEST(ShellLine, BlankLinesAndCommentsAreNothing) {
  for (const char* line : {"", " \t", "# a note"}) ExpectLine(line, Kind::kNothing, "");
}

TEST(ShellLine, ItsOwnCommandsBeginWithAColon) {
  ExpectLine(":hosts", Kind::kHosts, "");
  ExpectLine(":targets", Kind::kTargets, "");
  ExpectLine(":targets  web[1-3] ", Kind::kTargets, "web[1-3]");
  ExpectLine(":only @db", Kind::kOnly, "@db");
  ExpectLine(":drop failed", Kind::kDrop, "failed");
  for (const char* line : {":quit", "exit", " quit", "logout"}) ExpectLine(line, Kind::kQuit, "");
}

TEST(ShellLine, WhatIsWrongIsTold) {
  for (const auto& [line, part] :
       {std::pair(":drop", "which hosts"), std::pair(":hosts web1", "stands alone"),
        std::pair(":host", "there are :drop, :help")}) {
    const ShellLine read = ReadShellLine(line);
    EXPECT_EQ(read.kind, Kind::kWrong);
    EXPECT_THAT(read.text, HasSubstr(part));
  }
}

TEST(ShellLine, WhatWouldNotLastIsTold) {
  for (const char* line : {"cd", "cd /srv", "export PATH=/opt", "umask 077"}) {
    const ShellLine read = ReadShellLine(line);
    EXPECT_EQ(read.kind, Kind::kWrong);
    EXPECT_THAT(read.text, HasSubstr("does not last"));
  }
}

TEST(ShellCompletion, OwnCommandsAndTheirWords) {
  const Options options;
  EXPECT_THAT(CompleteShellLine(":h", options).words, ElementsAre(":help", ":hosts"));
  const LineEnds ends = CompleteShellLine(":drop un", options);
  EXPECT_EQ(ends.begin, 6u);
  EXPECT_THAT(ends.words, IsSupersetOf({"unreached"}));
  EXPECT_THAT(CompleteShellLine("upt", options).words, ElementsAre());
  EXPECT_THAT(CompleteShellLine(":hosts a", options).words, ElementsAre());
}

}  // namespace
}  // namespace muster::client
