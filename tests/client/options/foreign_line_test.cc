// Command lines of pdsh, clush and dshbak, as muster takes them.
#include "client/options/foreign_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "client/options/options.h"
#include "tests/client/options/parse.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Options As(std::vector<const char*> words) {
  const ParsedOptions parsed = ParseWords(words);
  EXPECT_TRUE(parsed.run) << parsed.text;
  return parsed.options;
}

void Refused(std::vector<const char*> words, const char* problem) {
  const ParsedOptions parsed = ParseWords(words);
  EXPECT_FALSE(parsed.run);
  EXPECT_EQ(parsed.exit_code, 1) << words.back();
  EXPECT_THAT(parsed.text, HasSubstr(problem));
}

TEST(ForeignLineTest, PdshByItsNameOrByAs) {
  for (const std::vector<const char*>& begin : std::vector<std::vector<const char*>>{
           {"/usr/local/bin/pdsh"}, {"muster", "--as", "pdsh"}, {"muster", "--as=pdsh"}}) {
    std::vector<const char*> words = begin;
    words.insert(words.end(), {"-w", "foo[7,9-10],^f,-foo9,-^g", "-xfoo7,bar", "-lann", "-f", "3",
                               "-t5", "-u", "7", "-SN", "-R", "ssh", "-b", "ls", "-l", "x"});
    const Options options = As(words);
    EXPECT_EQ(options.look.program, ForeignLook::Program::kPdsh);
    EXPECT_THAT(options.targets, ElementsAre("foo[7,9-10]", "@@f"));
    EXPECT_THAT(options.exclude, ElementsAre("foo9", "@@g", "foo7", "bar"));
    EXPECT_EQ(options.user, "ann");
    EXPECT_EQ(options.rollout.max_in_flight, 3u);
    EXPECT_EQ(options.connect_timeout, absl::Seconds(5));
    EXPECT_EQ(options.command_timeout, absl::Seconds(7));
    EXPECT_TRUE(options.command_code && options.no_prefix && options.no_stdin && options.quiet);
    EXPECT_THAT(options.command, ElementsAre("ls", "-l", "x"));
  }
}

TEST(ForeignLineTest, PdshDefaultsAndEnvironment) {
  EXPECT_EQ(As({"pdsh", "-w", "a", "true"}).rollout.max_in_flight, 32u);
  EXPECT_EQ(As({"pdsh", "-w", "a", "true"}).connect_timeout, absl::Seconds(10));
  setenv("FANOUT", "4", 1);
  setenv("WCOLL", "/w", 1);
  setenv("DSHPATH", "/opt/bin:/bin", 1);
  setenv("PDSH_SSH_ARGS_APPEND", "-q -p 2222 -oFoo=bar -F f", 1);
  const Options options = As({"pdsh", "true"});
  EXPECT_EQ(options.rollout.max_in_flight, 4u);
  EXPECT_THAT(options.targets, ElementsAre("@@/w"));
  EXPECT_EQ(options.port, 2222u);
  EXPECT_THAT(options.ssh_options, ElementsAre("Foo=bar"));
  EXPECT_EQ(options.ssh_config, "f");
  EXPECT_THAT(options.environment, ElementsAre("PATH=/opt/bin:/bin"));
  EXPECT_THAT(As({"pdsh", "-w", "a", "true"}).targets, ElementsAre("a"));
  setenv("PDSH_SSH_ARGS_APPEND", "-L 80:a:80", 1);
  Refused({"pdsh", "true"}, "$PDSH_SSH_ARGS_APPEND: of ssh's arguments");
  setenv("PDSH_SSH_ARGS_APPEND", "", 1);
  setenv("PDSH_RCMD_TYPE", "mrsh", 1);
  Refused({"pdsh", "true"}, "$PDSH_RCMD_TYPE: mrsh is not supported");
  for (const char* name :
       {"FANOUT", "WCOLL", "DSHPATH", "PDSH_SSH_ARGS_APPEND", "PDSH_RCMD_TYPE"}) {
    unsetenv(name);
  }
}

TEST(ForeignLineTest, PdshGroups) {
  const Options options = As({"pdsh", "-g", "web,db", "-X", "old", "-q"});
  EXPECT_EQ(options.subcommand, Subcommand::kTargets);
  EXPECT_THAT(options.targets, ElementsAre("@web", "@db"));
  EXPECT_THAT(options.exclude, ElementsAre("@old"));
  EXPECT_THAT(As({"pdsh", "-a", "true"}).targets, ElementsAre("@*"));
  Refused({"pdsh", "-g", "web&&db", "true"}, "asks genders");
}

TEST(ForeignLineTest, WhatPdshHasAndMusterHasNotIsRefusedByName) {
  Refused({"pdsh", "-R", "exec", "-w", "a", "true"}, "pdsh: -R: exec is not supported");
  Refused({"pdsh", "-w", "rsh:a", "true"}, "-w: rsh is not supported");
  Refused({"pdsh", "-w", "/a/", "true"}, "regular expressions are not supported");
  Refused({"pdsh", "-k", "-w", "a", "true"}, "-k is not supported: muster run --max-failures 0");
  Refused({"pdsh", "-Z", "-w", "a", "true"}, "there is no option -Z");
  Refused({"pdsh", "-w"}, "-w: its value is missing");
  Refused({"pdsh", "true"}, "no remote hosts specified");
  Refused({"pdsh", "-w", "a"}, "there is no command");
  Refused({"pdsh", "-f", "x", "-w", "a", "true"}, "--max-in-flight: \"x\"");
  Refused({"muster", "--as", "rsh"}, "is none of pdsh, clush, dshbak");
  EXPECT_EQ(ParseWords({"muster", "runs", "--as", "pdsh"}).exit_code, 2);
  EXPECT_EQ(ParseWords({"pdsh", "-V"}).exit_code, 0);
  EXPECT_THAT(ParseWords({"pdsh", "-h"}).text, HasSubstr("$PDSH_SSH_ARGS_APPEND"));
}

TEST(ForeignLineTest, Clush) {
  Options options = As(
      {"clush",         "-bw", "a[1-2]", "-x", "a2", "-g", "web", "-s", "rack", "--user=ann", "-o",
       "-p 2222 -oA=b", "-t",  "3",      "-u", "9",  "-n", "-S",  "-q", "ls",   "-l"});
  EXPECT_EQ(options.look.program, ForeignLook::Program::kClush);
  EXPECT_TRUE(options.look.gather && options.look.quiet && options.command_code &&
              options.no_stdin);
  EXPECT_THAT(options.targets, ElementsAre("a[1-2]", "@rack:web"));
  EXPECT_THAT(options.exclude, ElementsAre("a2"));
  EXPECT_EQ(options.user, "ann");
  EXPECT_EQ(options.port, 2222u);
  EXPECT_EQ(options.rollout.max_in_flight, 64u);
  EXPECT_THAT(options.command, ElementsAre("ls", "-l"));
  options = As({"clush", "-a", "-X", "old", "-L", "--hostfile", "f", "-P", "true"});
  EXPECT_THAT(options.targets, ElementsAre("@@f", "@*"));
  EXPECT_THAT(options.exclude, ElementsAre("@old"));
  EXPECT_TRUE(options.sort && !options.quiet && !options.no_stdin);
  options = As({"clush", "--sudo", "-w", "a", "id"});
  EXPECT_EQ(options.become.user, "root");
  EXPECT_TRUE(options.become.ask_password);
  Refused({"clush", "--copy", "f", "-w", "a"}, "--copy is not supported");
  Refused({"clush", "-R", "exec", "-w", "a", "true"}, "-R exec is not supported");
  Refused({"clush", "-w", "a"}, "there is no command");
  Refused({"clush", "--color=blue", "-w", "a", "true"}, "\"blue\" is none of");
}

TEST(ForeignLineTest, Dshbak) {
  const Options options = As({"dshbak", "-d", "out", "-f"});
  EXPECT_EQ(options.subcommand, Subcommand::kDshbak);
  EXPECT_EQ(options.look.folder, "out");
  EXPECT_TRUE(As({"muster", "--as", "dshbak", "-c"}).look.gather);
  Refused({"dshbak", "-c", "-d", "out"}, "do not go together");
  Refused({"dshbak", "-f"}, "give that, too");
  Refused({"dshbak", "file"}, "standard input");
}

}  // namespace
}  // namespace muster::client
