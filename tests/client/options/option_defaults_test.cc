// The caller's file of defaults, as command lines take it.
#include "client/options/option_defaults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/options/config_file.h"
#include "client/options/options.h"
#include "tests/client/options/parse.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OptionDefaultsTest : public ::testing::Test {
 protected:
  OptionDefaultsTest() {
    setenv("XDG_CONFIG_HOME", folder_.c_str(), 1);
    mkdir(folder_.c_str(), 0700);
    mkdir((folder_ + "/muster").c_str(), 0700);
  }

  ~OptionDefaultsTest() override {
    for (const char* name : {"XDG_CONFIG_HOME", "MUSTER_PROFILE", "MUSTER_CONFIG",
                             "MUSTER_INVENTORY", "MUSTER_PASSWORD"}) {
      unsetenv(name);
    }
    remove(path_.c_str());
  }

  void Write(const std::string& text) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), 0600);
  }

  static Options Run(std::vector<const char*> words) {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"-t", "a", "true"});
    const ParsedOptions parsed = Parse(words);
    EXPECT_TRUE(parsed.run) << parsed.text;
    return parsed.options;
  }

  void Refused(const std::string& text, const std::string& problem) {
    Write(text);
    const ParsedOptions parsed = Parse({"run", "-t", "a", "true"});
    EXPECT_EQ(parsed.exit_code, 2) << text;
    EXPECT_THAT(parsed.text, HasSubstr(problem));
  }

  const std::string folder_ = absl::StrCat(::testing::TempDir(), "/config");
  const std::string path_ = folder_ + "/muster/config.yaml";
};

TEST_F(OptionDefaultsTest, SaysWhatTheCommandLineDoesNot) {
  Write(
      "user: deploy\nport: 2222\nfold: true\nidentity: [k1, k2]\ncommand-timeout: 90\n"
      "server: hub:1\nenv:\n  - A=b\n");
  const Options options = Run({});
  EXPECT_EQ(options.user, "deploy");
  EXPECT_EQ(options.port, 2222u);
  EXPECT_TRUE(options.fold);
  EXPECT_THAT(options.identity_files, ElementsAre("k1", "k2"));
  EXPECT_EQ(options.command_timeout, absl::Seconds(90));
  EXPECT_EQ(options.server, "hub:1");
  EXPECT_THAT(options.environment, ElementsAre("A=b"));
  const Options given = Run({"-u", "ann", "-i", "k3", "--server", "hub:2", "--fold=false"});
  EXPECT_EQ(given.user, "ann");
  EXPECT_THAT(given.identity_files, ElementsAre("k3"));
  EXPECT_EQ(given.server, "hub:2");
  EXPECT_FALSE(given.fold);
  EXPECT_EQ(given.port, 2222u);
}

TEST_F(OptionDefaultsTest, TheEnvironmentCountsBeforeTheProfileThatBeforeTheRest) {
  Write(
      "user: deploy\ninventory: rest\nidentity: [rest, more]\nfold: true\nprofiles:\n  lab:\n"
      "    inventory: lab\n    identity: lab\n    fold: false\n  empty:\n");
  EXPECT_EQ(Run({}).inventory, "rest");
  Options options = Run({"--profile", "lab"});
  EXPECT_EQ(options.inventory, "lab");
  EXPECT_EQ(options.user, "deploy");
  EXPECT_THAT(options.identity_files, ElementsAre("lab"));
  EXPECT_FALSE(options.fold);
  setenv("MUSTER_PROFILE", "lab", 1);
  EXPECT_EQ(Run({}).inventory, "lab");
  EXPECT_EQ(Run({"--profile", "empty"}).inventory, "rest");
  setenv("MUSTER_INVENTORY", "environment", 1);
  EXPECT_EQ(Run({}).inventory, "environment");
  EXPECT_EQ(Run({"-I", "given"}).inventory, "given");
}

TEST_F(OptionDefaultsTest, APasswordOfTheEnvironmentCountsBeforeItsFile) {
  Write("password-file: f\n");
  EXPECT_EQ(Run({}).password_file, "f");
  EXPECT_EQ(Run({"--ask-password"}).password_file, "");
  setenv("MUSTER_PASSWORD", "x", 1);
  EXPECT_EQ(Run({}).password_file, "");
}

TEST_F(OptionDefaultsTest, WhatExcludesOneThatCountsBeforeIsLeftOut) {
  Write("fold: true\nsort: true\nprofiles:\n  scripts:\n    json: true\n");
  const ParsedOptions both = Parse({"run", "-t", "a", "true"});
  EXPECT_THAT(both.text, HasSubstr(path_ + ":2: sort and fold ("));
  Write("fold: true\noutput-dir: out\nprofiles:\n  scripts:\n    json: true\n");
  EXPECT_TRUE(Run({}).fold);
  EXPECT_FALSE(Run({"--json"}).fold);
  EXPECT_FALSE(Run({"--profile", "scripts"}).fold);
  EXPECT_TRUE(Run({"--profile", "scripts", "--fold"}).fold);
  EXPECT_FALSE(Run({"--profile", "scripts", "--fold"}).json);
  EXPECT_EQ(Run({"-d"}).output_dir, "");
  Write("identity: k\nknown-hosts: h\nuser: deploy\n");
  EXPECT_TRUE(Run({"--credential", "c"}).identity_files.empty());
  EXPECT_EQ(Run({"--credential", "c"}).known_hosts, "");
  EXPECT_EQ(Run({"--credential", "c"}).user, "deploy");
}

TEST_F(OptionDefaultsTest, OtherCommandsTakeWhatIsTheirs) {
  Write("user: deploy\nidentity: k\nfold: true\nlabel: a=b\nreconnect: 1m\nport: 22\n");
  const Options rerun = Parse({"rerun", "last"}).options;
  EXPECT_TRUE(rerun.fold);
  EXPECT_EQ(rerun.user, "");
  EXPECT_TRUE(rerun.identity_files.empty());
  EXPECT_EQ(Parse({"targets", "a"}).options.port, 22u);
  EXPECT_TRUE(Parse({"watch", "last"}).options.fold);
  const ParsedOptions runs = Parse({"runs"});
  ASSERT_TRUE(runs.run) << runs.text;
  EXPECT_TRUE(runs.options.labels.empty());
  EXPECT_EQ(runs.options.reconnect, absl::Minutes(1));
  EXPECT_EQ(Parse({"artifacts", "put", "--", "-a"}).options.reconnect, absl::Minutes(1));
}

TEST_F(OptionDefaultsTest, APingDoesAsARunWould) {
  Write("user: ann\njump: gate\n");
  const ParsedOptions parsed = Parse({"ping", "-t", "a"});
  EXPECT_EQ(parsed.options.user, "ann") << parsed.text;
  EXPECT_EQ(parsed.options.jump_hosts, "gate");
}

TEST_F(OptionDefaultsTest, AProfileOfTheEnvironmentIsOfTheFileThatIsRead) {
  setenv("MUSTER_PROFILE", "lab", 1);
  EXPECT_TRUE(Parse({"--config", "none", "run", "-t", "a", "true"}).run);
  EXPECT_FALSE(Parse({"--config", "none", "--profile", "lab", "run", "-t", "a", "true"}).run);
  EXPECT_FALSE(Parse({"run", "-t", "a", "true"}).run);
}

TEST_F(OptionDefaultsTest, AFileThatIsWrongIsToldWithItsLine) {
  const std::string file = path_ + ":";
  Refused("user: a\nprot: 22\n", file + "2: there is no option \"prot\"; did you mean port");
  Refused("port: x\n", file + "1: --port: \"x\" is no whole number");
  Refused("profiles:\n  lab:\n    color: blue\n", file + "3: --color: \"blue\" is none of");
  Refused("fold: maybe\n", file + "1: fold: \"maybe\" is neither true nor false");
  Refused("user: [a, b]\n", file + "1: user takes one value");
  Refused("user:\n", file + "1: user: expected a value");
  Refused("user: {a: b}\n", file + "1: user: expected a value");
  Refused("user: a\n\nuser: b\n", file + "3: user is there already");
  Refused("user: a\n  b\nc\n", file);
  Refused("- user\n", file + "1: the file: expected lines such as");
  Refused("targets: a\n", file + "1: --targets belongs to one command line alone");
  Refused("detach: true\n", "belongs to one command line alone");
  Refused("help: true\n", "belongs to one command line alone");
  Refused("password: x\n", file + "1: password: secrets do not belong into this file");
  Refused("env: [DB_PASSWORD=x]\n", file + "1: env: DB_PASSWORD looks like a secret");
}

TEST_F(OptionDefaultsTest, HelpIsThereWhateverTheFileSays) {
  Write("prot: 22\n");
  EXPECT_EQ(Parse({"run", "--help"}).exit_code, 0);
  EXPECT_EQ(Parse({"--version"}).exit_code, 0);
  EXPECT_THAT(Parse({"run", "--help"}).text, HasSubstr("~/.config/muster/config.yaml"));
  EXPECT_TRUE(Parse({"--config", "none", "runs"}).run);
}

TEST_F(OptionDefaultsTest, AShellFoldsUnlessLinesAreAskedFor) {
  Write("user: deploy\ncommand-timeout: 90\nbatches: 1\n");
  const Options options = Parse({"shell", "-t", "a"}).options;
  EXPECT_EQ(options.subcommand, Subcommand::kShell);
  EXPECT_EQ(options.user, "deploy");
  EXPECT_EQ(options.command_timeout, absl::Seconds(90));
  EXPECT_EQ(options.rollout.batches, "");  // is none of its options
  EXPECT_TRUE(options.fold && options.no_stdin);
  for (const char* lines : {"--fold=false", "--json", "--sort", "--no-prefix"}) {
    EXPECT_FALSE(Parse({"shell", "-t", "a", lines}).options.fold) << lines;
  }
  Write("sort: true\n");
  EXPECT_FALSE(Parse({"shell", "-t", "a"}).options.fold);
}

TEST_F(OptionDefaultsTest, AShellsInputHasItsLines) {
  for (const char* hosts : {"-t", "-x"}) {
    const ParsedOptions parsed = Parse({"shell", "-t", "a", hosts, "-"});
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("name a file: @@FILE"));
  }
}

TEST_F(OptionDefaultsTest, AFileThatOthersCanWriteToIsRefused) {
  Write("user: a\n");
  EXPECT_EQ(Run({}).user, "a");
  for (const mode_t mode : {0620, 0602}) {
    chmod(path_.c_str(), mode);
    const ParsedOptions parsed = Parse({"run", "-t", "a", "true"});
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("chmod go-w " + path_));
  }
}

TEST_F(OptionDefaultsTest, AFileThatWasNamedHasToBeThere) {
  EXPECT_TRUE(Parse({"runs"}).run);
  EXPECT_THAT(Parse({"--config", "/nowhere", "runs"}).text, HasSubstr("/nowhere cannot be read"));
  setenv("MUSTER_CONFIG", "/nowhere", 1);
  EXPECT_FALSE(Parse({"runs"}).run);
  EXPECT_TRUE(Parse({"--config=none", "runs"}).run);
  unsetenv("MUSTER_CONFIG");
  EXPECT_THAT(Parse({"--profile", "lab", "runs"}).text, HasSubstr("no profile \"lab\""));
  Write("profiles: {lab: {user: a}}\n");
  EXPECT_THAT(Parse({"--profile", "lap", "runs"}).text, HasSubstr("did you mean lab"));
}

}  // namespace
}  // namespace muster::client
