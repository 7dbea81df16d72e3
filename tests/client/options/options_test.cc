// The command line, and the specification that it makes.
#include "client/options/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/commands/list_request.h"
#include "client/options/argument_scan.h"
#include "client/options/login_options.h"
#include "client/options/option_groups.h"
#include "client/options/secret_names.h"

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

// ssh, pdsh and clush end their own options at the first word that is none.
TEST(OptionsTest, WhatFollowsTheFirstWordIsTheCommands) {
  const auto command = [](std::vector<const char*> words) {
    words.insert(words.begin(), {"run", "-t", "a"});
    const ParsedOptions parsed = Parse(std::move(words));
    EXPECT_TRUE(parsed.run) << parsed.text;
    EXPECT_FALSE(parsed.options.detach || parsed.options.quiet);
    EXPECT_EQ(parsed.options.user, "");
    EXPECT_THAT(parsed.options.targets, ElementsAre("a"));
    return parsed.options.command;
  };
  EXPECT_THAT(command({"ls", "-d", "X"}), ElementsAre("ls", "-d", "X"));
  EXPECT_THAT(command({"df", "-h", "/"}), ElementsAre("df", "-h", "/"));
  EXPECT_THAT(command({"grep", "-q", "--help", "f"}), ElementsAre("grep", "-q", "--help", "f"));
  EXPECT_THAT(command({"sort", "-u", "FILE"}), ElementsAre("sort", "-u", "FILE"));
  EXPECT_THAT(command({"ls", "-t", "b"}), ElementsAre("ls", "-t", "b"));
  EXPECT_THAT(command({"ls", "--", "-x"}), ElementsAre("ls", "--", "-x"));
  EXPECT_THAT(command({"--", "-x"}), ElementsAre("-x"));
  EXPECT_THAT(command({"--", "--", "-x"}), ElementsAre("--", "-x"));
  EXPECT_THAT(command({"-e", "A=1", "env"}), ElementsAre("env"));
  EXPECT_THAT(command({"echo", "[a,b]", ""}), ElementsAre("echo", "[a,b]", ""));
  EXPECT_THAT(command({"--", "runs", "version"}), ElementsAre("runs", "version"));
}

TEST(OptionsTest, OptionsAreRecognisedHoweverTheyAreWritten) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"run", "-t", "-", "-qd", "true", "-S"},
           {"run", "-qdt", "-", "true", "-S"},
           {"run", "-qdt-", "true", "-S"},
           {"run", "--targets=-", "--quiet", "--detach", "true", "-S"}}) {
    const ParsedOptions parsed = Parse(words);
    ASSERT_TRUE(parsed.run) << parsed.text;
    EXPECT_TRUE(parsed.options.quiet && parsed.options.detach);
    EXPECT_FALSE(parsed.options.command_code);
    EXPECT_THAT(parsed.options.targets, ElementsAre("-"));
    EXPECT_THAT(parsed.options.command, ElementsAre("true", "-S"));
  }
  const ParsedOptions parsed =
      Parse({"--server", "hub:1", "run", "--user=", "-t", "a", "--reconnect=1m", "true"});
  ASSERT_TRUE(parsed.run) << parsed.text;
  EXPECT_EQ(parsed.options.server, "hub:1");
  EXPECT_EQ(parsed.options.user, "");
  EXPECT_EQ(parsed.options.reconnect, absl::Minutes(1));
  EXPECT_TRUE(Parse({"rerun", "r1", "--failed"}).run);
}

TEST(OptionsTest, AnOptionWithinTheCommandIsExplained) {
  const ParsedOptions parsed = Parse({"run", "ls", "-t", "a"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.text, HasSubstr("--targets"));
  EXPECT_THAT(parsed.text, HasSubstr("before the command"));
  EXPECT_THAT(parsed.text, HasSubstr("\"ls\""));
}

// Values that CLI11's checks let pass, for options that have some.
const char* ValueFor(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (absl::StrContains(type, "DURATION") || absl::StrContains(type, "SIZE") || type == "N" ||
      type == "PORT" || type == "SEQUENCE") {
    return "7";
  }
  if (absl::StrContains(type, "strict")) return "strict";
  if (absl::StrContains(type, "truncate")) return "cancel";
  if (option.get_name() == "--color") return "never";
  return "a=b";
}

// Whatever option comes next: a value that is dropped is a run on other hosts, as another user.
TEST(OptionsTest, EveryRepeatedOptionAddsUpOrIsAnError) {
  Options options;
  const std::unique_ptr<CLI::App> app = MakeApp(&options);
  std::vector<const CLI::App*> all = {app.get()};
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    all.push_back(sub);
  }
  int lists = 0;
  int single = 0;
  for (const CLI::App* sub : all) {
    for (const CLI::Option* option : sub->get_options()) {
      if (!option->nonpositional() || !TakesValue(*option)) continue;
      const std::string name = option->get_lnames().empty() ? "-" + option->get_snames().front()
                                                            : "--" + option->get_lnames().front();
      const std::string command = sub == app.get() ? "version" : sub->get_name();
      const char* value = ValueFor(*option);
      const std::string joined = absl::StrCat(name, "=", value);
      const ScannedArguments twice = MayStandAlone(*option)
                                         ? ScanArguments(*app, {command, joined, joined})
                                         : ScanArguments(*app, {command, name, value, name, value});
      if (TakesList(*option)) {
        ++lists;
        EXPECT_EQ(twice.problem, "") << command << " " << name;
        std::vector<std::string> words = twice.words;
        for (const CLI::Option* needed : sub->get_options()) {
          if (!needed->get_required() || needed == option) continue;
          if (needed->nonpositional()) words.push_back(needed->get_name());
          words.push_back("a");
        }
        app->parse(std::vector<std::string>(words.rbegin(), words.rend()));
        EXPECT_EQ(option->count(), 2u) << command << " " << name;
        continue;
      }
      ++single;
      EXPECT_THAT(twice.problem, HasSubstr(name + " is given twice")) << command;
    }
  }
  EXPECT_GE(lists, 5);
  EXPECT_GE(single, 40);
}

TEST(OptionsTest, GivenTwiceIsToldWithBothValues) {
  const ParsedOptions parsed = Parse({"run", "-t", "a", "-u", "ann", "--user=bob", "--", "true"});
  EXPECT_EQ(parsed.exit_code, 2);
  EXPECT_THAT(parsed.text, HasSubstr("--user is given twice, as \"ann\" and as \"bob\""));
  EXPECT_EQ(Parse({"--server", "a:1", "runs", "--server", "b:1"}).exit_code, 2);
  EXPECT_TRUE(Parse({"run", "-qq", "-t", "a", "true"}).run);
}

TEST(OptionsTest, UnknownNamesAreToldWithTheClosest) {
  const auto told = [](std::vector<const char*> words, const char* hint) {
    const ParsedOptions parsed = Parse(std::move(words));
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr(hint));
  };
  told({"run", "--targts", "a", "--", "true"}, "no option --targts; did you mean --targets?");
  told({"run", "--targts=a", "true"}, "did you mean --targets?");
  told({"run", "--serv", "a", "true"}, "--server");
  told({"run", "-Z", "-t", "a", "true"}, "no option -Z");
  told({"rnu", "-t", "a"}, "did you mean run");
  told({"help", "wacth"}, "did you mean watch?");
  told({"run", "-t"}, "--targets: its value is missing");
  EXPECT_THAT(Parse({"run", "--\x1b[31m"}).text, ::testing::Not(HasSubstr("\x1b")));
}

// What CLI11 would say by itself is not for those who give options.
TEST(OptionsTest, WhatIsWrongIsOneSentenceThatSaysWhatIsExpected) {
  const auto told = [](std::vector<const char*> words, const char* problem, const char* next) {
    const ParsedOptions parsed = Parse(std::move(words));
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_EQ(parsed.text, absl::StrCat(problem, "\nSee ", next, " --help.\n"));
  };
  told({}, "muster: say what to do, such as muster run -t 'web[01-20]' -- uptime, or muster runs",
       "muster");
  told({"--server", "a:1"},
       "muster: say what to do, such as muster run -t 'web[01-20]' -- uptime, or muster runs",
       "muster");
  told({"--reconnect", "soon", "runs"},
       "muster runs: --reconnect: \"soon\" is no duration; write 500ms, 10s or 10, 5m or 1h",
       "muster runs");
  told({"rnu"}, "muster: there is no command \"rnu\"; did you mean run or runs?", "muster");
  told({"run", "true"},
       "muster run: no targets: say on which hosts, with -t (--targets), such as -t 'web[1-3]' or "
       "-t @web; options of muster go before the command, which begins with the first word that is "
       "none: \"true\"",
       "muster run");
  told({"run", "-t", "a", "-f", "abc", "true"},
       "muster run: --max-in-flight: \"abc\" is no whole number from 1 to 20000", "muster run");
  told({"run", "-t", "a", "-p", "99999", "true"},
       "muster run: --port: \"99999\" is no whole number from 1 to 65535", "muster run");
  told({"run", "-t", "a", "--color", "blue", "true"},
       "muster run: --color: \"blue\" is none of auto, always, never", "muster run");
  told({"run", "-t", "a", "--fold", "--json", "true"},
       "muster run: --fold and --json do not go together; give one of them", "muster run");
  told({"run", "-t", "a", "--fold=yes", "true"},
       "muster run: --fold takes no value, and \"yes\" is given; write it alone", "muster run");
  told({"run", "-t", "a", "-f"},
       "muster run: --max-in-flight: its value is missing; write --max-in-flight N", "muster run");
  told({"show"},
       "muster show: RUN is missing: the run's id, the beginning of it, or last: your newest",
       "muster show");
  told({"show", "last", "first"},
       "muster show: \"first\" is one word too many; write muster show [OPTIONS] RUN",
       "muster show");
  told({"logs", "last", "-E"}, "muster logs: --regex says how --grep is meant; give that, too",
       "muster logs");
  told({"logs", "last", "--grep", "a", "-f"},
       "muster logs: --follow and --grep do not go together; give one of them", "muster logs");
  told({"logs", "last", "--grep="}, "muster logs: --grep: it is empty", "muster logs");
  told({"runs", "-w", "--since", "2h"},
       "muster runs: --since and --watch do not go together; give one of them", "muster runs");
  told({"watch", "last", "--from", "-3"},
       "muster watch: --from: \"-3\" is no whole number from 0 on", "muster watch");
  told({"artifacts"}, "muster artifacts: say what to do: put, list, rm", "muster artifacts");
  told({"artifacts", "putt", "a"},
       "muster artifacts: there is no command \"putt\"; did you mean put?", "muster artifacts");
  told({"artifacts", "put"},
       "muster artifacts put: NAME is missing: what it is called: letters, digits, '.', '_' and "
       "'-', not first a '.'; at most 128",
       "muster artifacts put");
  told(
      {"artifacts", "put", "a", "b", "c"},
      "muster artifacts put: \"c\" is one word too many; write muster artifacts put [OPTIONS] NAME "
      "[FILE]",
      "muster artifacts put");
  told({"artifacts", "list", "a"},
       "muster artifacts list: \"a\" is one word too many; write muster artifacts list [OPTIONS]",
       "muster artifacts list");
  told({"artifacts", "rm"}, "muster artifacts rm: NAME is missing: of which artifacts",
       "muster artifacts rm");
  told({"artifacts", "rm", "--json", "a"}, "muster artifacts rm: there is no option --json",
       "muster artifacts rm");
  told({"run", "-t", "a", "--input-artifact=", "true"},
       "muster run: --input-artifact: it names none", "muster run");
  told({"daemon"}, "muster daemon: ACTION is missing: status, stop or restart", "muster daemon");
  told({"daemon", "go"}, "muster daemon: action: \"go\" is none of status, stop, restart",
       "muster daemon");
}

// Each option in turn, with values that no kind of option takes but a text: nothing of CLI11's own.
TEST(OptionsTest, NoValueIsAnsweredInTheWordsOfALibrary) {
  Options options;
  const std::unique_ptr<CLI::App> app = MakeApp(&options);
  int refused = 0;
  for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
    for (const CLI::Option* option : sub->get_options()) {
      if (!option->nonpositional()) continue;
      const std::string name = NameOf(*option);
      for (const char* value : {"?!", "-1", "", "99999999999999999999999"}) {
        const ParsedOptions parsed =
            Parse({sub->get_name().c_str(), name.c_str(), value, "-t", "a", "b", "c"});
        refused += parsed.exit_code == 2 ? 1 : 0;
        for (const char* raw : {"Could not", "required", "is not expected", "not in", "excludes",
                                "The following", "TEXT", "INT", "UINT", "FLOAT"}) {
          EXPECT_THAT(parsed.exit_code == 2 ? parsed.text : "", ::testing::Not(HasSubstr(raw)))
              << sub->get_name() << " " << name << " " << value;
        }
      }
    }
  }
  EXPECT_GE(refused, 100);
}

TEST(OptionsTest, LimitsSayWhatNoneIs) {
  const std::string help = Parse({"help", "run"}).text;
  for (const char* option :
       {"--idle-timeout", "--command-timeout", "--run-timeout", "--output-limit"}) {
    const size_t at = help.find(absl::StrCat("  ", option, " "));
    ASSERT_NE(at, std::string::npos) << option;
    EXPECT_LT(help.find("0: no limit", at), help.find("\n  --", at + 3)) << option;
  }
}

TEST(OptionsTest, HelpOfACommand) {
  const std::string run = Parse({"help", "run"}).text;
  EXPECT_EQ(run, Parse({"run", "--help"}).text);
  EXPECT_THAT(run, HasSubstr("Usage: muster run [OPTIONS] COMMAND..."));
  EXPECT_THAT(run, HasSubstr("Logging in:"));
  EXPECT_LT(run.find("Exit codes"), run.find("Examples:"));
  EXPECT_EQ(Parse({"help"}).text, Parse({"--help"}).text);
  EXPECT_EQ(Parse({"help", "run"}).exit_code, 0);
  EXPECT_THAT(Parse({"artifacts", "--help"}).text,
              HasSubstr("Usage: muster artifacts [OPTIONS] COMMAND ..."));
  EXPECT_EQ(Parse({"help", "artifacts"}).text, Parse({"artifacts", "--help"}).text);
  EXPECT_THAT(Parse({"artifacts", "put", "--help"}).text,
              HasSubstr("Usage: muster artifacts put [OPTIONS] NAME [FILE]"));
  EXPECT_THAT(Parse({"artifacts", "rm", "--help"}).text,
              HasSubstr("Usage: muster artifacts rm [OPTIONS] NAME..."));
  std::string all;
  for (const char* command : {"run", "rerun", "runs", "show", "watch", "logs", "pause", "cancel",
                              "targets", "artifacts", "help"}) {
    absl::StrAppend(&all, Parse({"help", command}).text);
  }
  for (const char* command : {"put", "list", "rm"}) {
    absl::StrAppend(&all, Parse({"artifacts", command, "--help"}).text);
  }
  for (const absl::string_view line : absl::StrSplit(all, '\n')) {
    EXPECT_LE(line.size(), 100u) << line;
  }
}

TEST(OptionsTest, Artifacts) {
  ParsedOptions put = Parse({"artifacts", "put", "a-1.tar", "[x,y]", "--json"});
  ASSERT_TRUE(put.run) << put.text;
  EXPECT_EQ(put.options.subcommand, Subcommand::kPutArtifact);
  EXPECT_EQ(put.options.artifact, "a-1.tar");
  EXPECT_EQ(put.options.artifact_file, "[x,y]");
  EXPECT_TRUE(put.options.json);
  put = Parse({"--server", "unix:/s", "artifacts", "put", "put", "-"});
  ASSERT_TRUE(put.run) << put.text;
  EXPECT_EQ(put.options.artifact, "put");
  EXPECT_EQ(put.options.artifact_file, "-");
  EXPECT_EQ(put.options.server, "unix:/s");
  EXPECT_EQ(Parse({"artifacts", "put", "--", "-a"}).options.artifact, "-a");
  const ParsedOptions list = Parse({"artifacts", "list", "--json", "--server", "unix:/s"});
  ASSERT_TRUE(list.run) << list.text;
  EXPECT_EQ(list.options.subcommand, Subcommand::kListArtifacts);
  EXPECT_EQ(list.options.server, "unix:/s");
  const ParsedOptions removed =
      Parse({"artifacts", "rm", "a", "[b,c]", "--server", "unix:/s", "rm", "--", "-d"});
  ASSERT_TRUE(removed.run) << removed.text;
  EXPECT_EQ(removed.options.subcommand, Subcommand::kRemoveArtifacts);
  EXPECT_EQ(removed.options.server, "unix:/s");
  EXPECT_THAT(removed.options.command, ElementsAre("a", "[b,c]", "rm", "-d"));
}

TEST(OptionsTest, ANumberAloneIsOneOfSeconds) {
  const auto timeout = [](const char* text) {
    return Parse({"run", "-t", "a", "--connect-timeout", text, "true"}).options.connect_timeout;
  };
  EXPECT_EQ(timeout("2"), absl::Seconds(2));
  EXPECT_EQ(timeout("0.5"), absl::Milliseconds(500));
  EXPECT_EQ(timeout("1m30s"), absl::Seconds(90));
  for (const char* bad : {"", "-1", "1 2", "inf", "1..2", "2x"}) {
    EXPECT_EQ(Parse({"run", "-t", "a", "--run-timeout", bad, "true"}).exit_code, 2) << bad;
  }
}

TEST(OptionsTest, WrongUseIsTwoAndSaysWhat) {
  const auto wrong = [](std::vector<const char*> words, const char* hint) {
    const ParsedOptions parsed = Parse(std::move(words));
    EXPECT_FALSE(parsed.run);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr(hint));
  };
  wrong({}, "help");
  wrong({"run", "-t", "a"}, "there is no command");
  wrong({"run", "--", "true"}, "-t");
  wrong({"run", "-t", "a", "-p", "0", "--", "true"}, "--port");
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
  EXPECT_EQ(Parse({"rerun", "r1", "--states", "signaled", "--failed"}).options.states,
            "failed,signaled");
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

TEST(OptionsTest, APasswordIsNoArgument) {
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"run", "-t", "a", "--password", "hunter2", "--", "true"},
           {"run", "--password=hunter2", "-t", "a", "--", "true"},
           {"rerun", "r1", "--password", "hunter2"}}) {
    const ParsedOptions parsed = Parse(words);
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, AllOf(HasSubstr("--password-file FILE, --ask-password"),
                                   HasSubstr("(ps)"), Not(HasSubstr("hunter2"))));
  }
}

TEST(OptionsTest, APasswordHasOneSourceAndIsNotForADaemonsCredential) {
  const auto refused = [](const char* one, const char* other) {
    const ParsedOptions parsed = Parse({"run", one, other, "-t", "a", "--", "true"});
    EXPECT_EQ(parsed.exit_code, 2);
    EXPECT_THAT(parsed.text, HasSubstr("do not go together"));
  };
  refused("--ask-password", "--password-file=/p");
  refused("--credential=deploy", "--password-file=/p");
  refused("--credential=deploy", "--ask-password");
  EXPECT_EQ(Parse({"rerun", "r1", "--password-file", "/p"}).options.password_file, "/p");
}

class RunRequestTest : public ::testing::Test {
 protected:
  RunRequestTest() {
    setenv("HOME", "/nonexistent", 1);
    unsetenv("SSH_AUTH_SOCK");
    options_.targets = {"web1"};
    options_.command = {"uname", "-a"};
  }
  absl::StatusOr<v1::RunSpec> Make(const ServerAddress& server = {"unix:/run/m.sock", true}) {
    return MakeRunSpec(options_, server, secrets_);
  }
  Options options_;
  LoginSecrets secrets_;
};

TEST_F(RunRequestTest, WordsBecomeAShellLineUnlessArgvIsAskedFor) {
  EXPECT_EQ(Make()->command().shell(), "uname -a");
  options_.argv = true;
  EXPECT_THAT(Make()->command().argv().arguments(), ElementsAre("uname", "-a"));
}

TEST_F(RunRequestTest, CarriesHowToLogIn) {
  EXPECT_EQ(Make()->login().local().methods_size(), 0);
  options_ = Parse({"run", "-t", "a", "--login-methods", "password, publickey", "--gssapi",
                    "--gssapi-delegate", "true"})
                 .options;
  secrets_.answers = {{"code", "123"}};
  const v1::LocalCredential local = Make()->login().local();
  EXPECT_THAT(local.methods(), ElementsAre("password", "publickey"));
  EXPECT_TRUE(local.gssapi() && local.gssapi_delegate());
  ASSERT_EQ(local.answers_size(), 1);
  EXPECT_EQ(local.answers(0).question(), "code");
  EXPECT_EQ(local.answers(0).secret_answer(), "123");
}

TEST_F(RunRequestTest, AnArtifactIsWhatTheCommandReads) {
  EXPECT_EQ(Make()->input(), v1::RUN_INPUT_UNSPECIFIED);
  options_ = Parse({"run", "-t", "a", "--input-artifact", "app.tar", "tar", "x"}).options;
  EXPECT_EQ(Make()->input(), v1::RUN_INPUT_ARTIFACT);
  EXPECT_EQ(Make()->input_artifact(), "app.tar");
  EXPECT_EQ(Make()->command().shell(), "tar x");
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
  EXPECT_FALSE(local.identities_only());
  options_.identities_only = true;
  EXPECT_TRUE(Make()->login().local().identities_only());
}

constexpr char kNetwork[] = "hub.example.com:7443";

// What is not given is ssh_config's to say.
TEST_F(RunRequestTest, SshConfigIsFollowedUnlessThatIsRefused) {
  options_ = Parse({"run", "-t", "a", "true"}).options;
  v1::Login login = Make()->login();
  EXPECT_TRUE(login.has_ssh_config());
  EXPECT_EQ(login.ssh_config().file(), "");
  EXPECT_TRUE(login.has_local());
  EXPECT_EQ(login.local().identity_files_size() + login.local().known_hosts_files_size(), 0);
  setenv("HOME", "/home/ann", 1);
  options_ = Parse({"run", "-t", "a", "-F", "~/fleet.conf", "true"}).options;
  EXPECT_EQ(Make()->login().ssh_config().file(), "/home/ann/fleet.conf");
  options_.ssh_config = "/proc/self/cmdline";
  EXPECT_THAT(Make()->login().ssh_config().file(), HasSubstr("/fd/"));
  EXPECT_THAT(Parse({"run", "-t", "a", "-F", "", "true"}).text, HasSubstr("it names no file"));
}

TEST_F(RunRequestTest, WithoutSshConfigNoFileIsRead) {
  for (const char* none : {"none", "None"}) {
    options_ = Parse({"run", "-t", "a", "--ssh-config", none, "true"}).options;
    const v1::Login login = Make()->login();
    EXPECT_EQ(login.ssh_config().file(), "/dev/null");
    EXPECT_EQ(login.local().identity_files_size() + login.local().known_hosts_files_size(), 0);
  }
}

TEST_F(RunRequestTest, APingIsARunOfTrueThatShowsHowHostsEnded) {
  options_ = Parse({"ping", "-t", "web[1-3]", "--become"}).options;
  EXPECT_TRUE(options_.fold && options_.no_stdin);
  EXPECT_EQ(Make()->command().shell(), "true");
  EXPECT_EQ(Make()->become().user(), "root");
  EXPECT_EQ(Make()->timeouts().command().seconds(), 10);
  EXPECT_FALSE(Parse({"ping", "-t", "a", "--json"}).options.fold);
  EXPECT_THAT(Parse({"ping", "-t", "a", "uptime"}).text, HasSubstr("one word too many"));
}

TEST_F(RunRequestTest, AnotherUserIsNamedAfterAnEqualsSignOrNotAtAll) {
  options_ = Parse({"run", "-t", "a", "--become", "id"}).options;
  EXPECT_EQ(Make()->become().user(), "root");
  EXPECT_EQ(Make()->command().shell(), "id");
  options_ = Parse({"run", "-t", "a", "--become=ann", "--become-method", "su", "id"}).options;
  EXPECT_EQ(Make()->become().user(), "ann");
  EXPECT_EQ(Make()->become().method(), v1::BECOME_METHOD_SU);
  EXPECT_THAT(Parse({"run", "-t", "a", "--become=", "id"}).text,
              HasSubstr("write --become=USER, or --become alone"));
  for (const char* alone : {"--become-keep-env", "--become-method=su"}) {
    options_ = Parse({"run", "-t", "a", alone, "id"}).options;
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr("only with --become")) << alone;
  }
  options_ = Options();
  options_.targets = {"a"};
  options_.command = {"id"};
  secrets_.become_password = "x";
  EXPECT_FALSE(Make().ok());
  EXPECT_THAT(Parse({"run", "--help"}).text, HasSubstr("--become[=USER]"));
}

TEST_F(RunRequestTest, OptionsOfSshAreHandedOnInTheirOrder) {
  options_ = Parse({"run", "-t", "a", "-o", "Port=2200", "-oUser ann", "true"}).options;
  EXPECT_THAT(Make()->login().ssh_config().options(), ElementsAre("Port=2200", "User ann"));
  EXPECT_THAT(std::string(Make({kNetwork, false}).status().message()),
              AllOf(HasSubstr("--ssh-option: "), HasSubstr("leave it out")));
  options_.credential = "deploy";
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--ssh-option: "));
}

TEST_F(RunRequestTest, WhatIsGivenStandsBesideSshConfig) {
  options_.identity_files = {"/keys/a", "/keys/b"};
  options_.known_hosts = "/keys/known_hosts";
  const v1::Login login = Make()->login();
  EXPECT_TRUE(login.has_ssh_config());
  ASSERT_EQ(login.local().identity_files_size(), 2);
  EXPECT_EQ(login.local().identity_files(1).path(), "/keys/b");
  EXPECT_THAT(login.local().known_hosts_files(), ElementsAre("/keys/known_hosts"));
}

TEST_F(RunRequestTest, AFileIsFollowedByTheOwnDaemonWithTheOwnLoginAlone) {
  options_.ssh_config = "/f";
  EXPECT_THAT(std::string(Make({kNetwork, false}).status().message()),
              AllOf(HasSubstr("--ssh-config: "), HasSubstr("leave it out")));
  options_.credential = "deploy";
  for (const ServerAddress& server : {ServerAddress{kNetwork, false}, {"unix:/run/m.sock", true}}) {
    EXPECT_THAT(std::string(Make(server).status().message()), HasSubstr("--ssh-config: "));
    for (const char* none : {"", "none"}) {
      Options options = options_;
      options.ssh_config = none;
      const auto spec = MakeRunSpec(options, server, secrets_);
      ASSERT_TRUE(spec.ok()) << spec.status();
      EXPECT_FALSE(spec->login().has_ssh_config());
    }
  }
}

TEST_F(RunRequestTest, ALookAtTargetsFollowsWhatARunDoes) {
  const ServerAddress own = {"unix:/run/m.sock", true};
  setenv("SSH_AUTH_SOCK", "/run/agent", 1);
  options_ = Parse({"targets", "web1", "-F", "/f", "-u", "ann", "-p", "23"}).options;
  auto request = MakeResolveRequest(options_, own);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->targets().expression(), "web1");
  EXPECT_EQ(request->login().user(), "ann");
  EXPECT_EQ(request->login().port(), 23u);
  EXPECT_EQ(request->login().ssh_config().file(), "/f");
  EXPECT_EQ(request->login().local().agent_socket(), "/run/agent");
  EXPECT_THAT(std::string(MakeResolveRequest(options_, {kNetwork, false}).status().message()),
              HasSubstr("--ssh-config: "));
  for (const char* given : {"", "none"}) {
    options_.ssh_config = given;
    request = MakeResolveRequest(options_, own);
    EXPECT_EQ(request->login().ssh_config().file(), *given == '\0' ? "" : "/dev/null");
    EXPECT_FALSE(MakeResolveRequest(options_, {kNetwork, false})->login().has_ssh_config());
  }
  options_.user = "\xff";
  EXPECT_THAT(std::string(MakeResolveRequest(options_, own).status().message()),
              HasSubstr("--user"));
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
  options_.identity_files.clear();
  options_.identities_only = true;
  EXPECT_THAT(std::string(Make(shared).status().message()), HasSubstr("--identities-only"));
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
  options_.environment = {"A=1", "A=2"};
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--env: A is given twice"));
  options_.environment.clear();
  options_.labels = {"a=1", "b=1", "a=1"};
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--label: a is given twice"));
}

TEST_F(RunRequestTest, RequestedVariablesAreGivenOrOurs) {
  setenv("MUSTER_TEST_VALUE", "ours", 1);
  options_.requested_environment = {"A=1=2", "MUSTER_TEST_VALUE"};
  const v1::RunSpec spec = *Make();
  EXPECT_EQ(spec.command().requested_environment().at("A"), "1=2");
  EXPECT_EQ(spec.command().requested_environment().at("MUSTER_TEST_VALUE"), "ours");
  unsetenv("MUSTER_TEST_VALUE");
  EXPECT_THAT(std::string(Make().status().message()),
              HasSubstr("--request-env: there is no $MUSTER_TEST_VALUE; give NAME=VALUE"));
}

TEST_F(RunRequestTest, ATerminalIsAskedForWhereItIsWanted) {
  EXPECT_FALSE(Make()->has_terminal());
  setenv("TERM", "vt100", 1);
  options_.tty = true;
  EXPECT_EQ(Make()->terminal().type(), "vt100");
  options_.tty = false;
  options_.no_tty = true;
  options_.ssh_options = {"RequestTTY=force"};
  const v1::RunSpec spec = *Make();
  EXPECT_FALSE(spec.has_terminal());
  EXPECT_EQ(spec.login().ssh_config().options(0), "RequestTTY=no");  // the first counts
}

TEST_F(RunRequestTest, TargetsAddUpAndExclusionsComeLast) {
  const auto expression = [this](std::vector<std::string> targets,
                                 std::vector<std::string> exclude) {
    options_.targets = std::move(targets);
    options_.exclude = std::move(exclude);
    const absl::StatusOr<v1::RunSpec> spec = Make();
    return spec.ok() ? spec->targets().expression() : std::string(spec.status().message());
  };
  EXPECT_EQ(expression({"a", "b[1-2],c"}, {}), "a,b[1-2],c");
  EXPECT_EQ(expression({"a!b", "c!d"}, {}), "a!b,(c!d)");
  EXPECT_EQ(expression({"a"}, {"b", "c,d"}), "a!b!(c,d)");
  EXPECT_THAT(expression({"a", ""}, {}), HasSubstr("--targets: it is empty"));
  EXPECT_THAT(expression({"a"}, {" "}), HasSubstr("--exclude: it is empty"));
  EXPECT_THAT(expression({}, {}), HasSubstr("no targets: say which hosts, such as -t"));
  EXPECT_THAT(expression({"-"}, {"-"}), HasSubstr("once only"));
  EXPECT_THAT(expression({"@@/no/such/file"}, {}), HasSubstr("/no/such/file"));
}

TEST_F(RunRequestTest, TargetsFromAFile) {
  const std::string path = ::testing::TempDir() + "/hosts";
  const auto expression = [&](const std::string& text) {
    std::ofstream(path) << text;
    options_.targets = {"@@" + path};
    const absl::StatusOr<v1::RunSpec> spec = Make();
    return spec.ok() ? spec->targets().expression() : std::string(spec.status().message());
  };
  EXPECT_EQ(expression("# all\nweb1\r\n\n  db[1-3]!db2 # not two\nc"), "web1,(db[1-3]!db2),c");
  EXPECT_THAT(expression("# none\n"), HasSubstr("names no host"));
  std::string many;
  for (int i = 10000; i < 20000; ++i) absl::StrAppend(&many, "node", i, ".example.com\n");
  EXPECT_EQ(expression(many), "node[10000-19999].example.com");
}

TEST_F(RunRequestTest, WhatIsNotUtf8IsNamed) {
  const std::string bad = "a\xff=b";
  const auto refused = [this](const char* name) {
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr(name));
    EXPECT_THAT(std::string(Make().status().message()), HasSubstr("UTF-8"));
    options_ = Options();
    options_.targets = {"web1"};
    options_.command = {"true"};
  };
  options_.environment = {bad};
  refused("--env: \"a\\xff\"");
  options_.labels = {bad};
  refused("--label");
  options_.user = bad;
  refused("--user");
  options_.rollout.lock = bad;
  refused("--lock");
  options_.identity_files = {bad};
  refused("--identity");
  options_.known_hosts = bad;
  refused("--known-hosts");
  options_.ssh_config = bad;
  refused("--ssh-config");
  options_.inventory = bad;
  refused("--inventory");
  options_.targets = {bad};
  refused("--targets");
  options_.command = {bad};
  refused("the command");
  options_.argv = true;
  options_.command = {bad};
  refused("the command");
  options_.rollout.batches = "1";
  options_.rollout.probe = bad;
  refused("--probe");
  options_.identity_files = {bad};
  options_.request_id = bad;
  options_.run_id = "r1";
  EXPECT_THAT(
      std::string(MakeRerunRequest(options_, {"unix:/run/m.sock", true}, {}).status().message()),
      HasSubstr("UTF-8"));
}

TEST_F(RunRequestTest, SecretsAreSentAndNotTold) {
  options_.identity_files = {"/keys/a"};
  secrets_ = {"of the key", "of the hosts"};
  const v1::LocalCredential local = Make()->login().local();
  EXPECT_EQ(local.identity_files(0).passphrase(), "of the key");
  EXPECT_EQ(local.password(), "of the hosts");
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  options_.identity_files.clear();
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  options_.ssh_config = "none";
  EXPECT_EQ(Make()->login().ssh_config().passphrase(), "of the key");
  secrets_.password = "caf\xe9";
  EXPECT_THAT(std::string(Make().status().message()),
              AllOf(HasSubstr("the password: it is not UTF-8"), Not(HasSubstr("caf"))));
  options_.credential = "deploy";
  EXPECT_FALSE(Make()->login().has_local());
}

// As the shell passes <(...).
TEST_F(RunRequestTest, WhatTheDaemonCannotOpenIsReadByTheCaller) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "[web]\nweb1\n", 11), 11);
  close(ends[1]);
  options_.inventory = absl::StrCat("/dev/fd/", ends[0]);
  const std::string path = Make()->targets().inventory_file();
  EXPECT_THAT(path, HasSubstr(absl::StrCat("/proc/", getpid(), "/fd/")));
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "[web]\nweb1\n");
  struct stat info = {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_TRUE(S_ISREG(info.st_mode));
  EXPECT_EQ(info.st_mode & 077, 0u);
  close(ends[0]);
  options_.inventory.clear();
  options_.known_hosts = "/proc/self/cmdline";
  EXPECT_THAT(Make()->login().local().known_hosts_files(0), HasSubstr("/fd/"));
  options_.host_key_policy = "accept-new";
  EXPECT_THAT(std::string(Make().status().message()), HasSubstr("--known-hosts"));
}

TEST_F(RunRequestTest, Rollout) {
  options_.rollout.batches = "1,10%, 50%";
  options_.rollout.max_failures = "5%";
  options_.rollout.order = "shuffled:42";
  options_.rollout.probe = "true";
  options_.rollout.batch_pause = absl::Milliseconds(1500);
  const v1::Rollout rollout = Make()->rollout();
  ASSERT_EQ(rollout.batches_size(), 3);
  EXPECT_EQ(rollout.batches(0).hosts(), 1u);
  EXPECT_EQ(rollout.batches(1).percent(), 10u);
  EXPECT_EQ(rollout.batches(2).percent(), 50u);
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
  auto request = MakeRerunRequest(options_, own, {});
  EXPECT_FALSE(request->has_login());
  EXPECT_THAT(request->states(),
              ElementsAre(v1::HOST_STATE_EXITED_NONZERO, v1::HOST_STATE_NOT_STARTED));
  options_.identity_files = {"/keys/a"};
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().local().identity_files(0).path(), "/keys/a");
  options_.identity_files.clear();
  options_.identities_only = true;
  request = MakeRerunRequest(options_, own, {});
  EXPECT_TRUE(request->login().local().identities_only());
  options_.identities_only = false;
  options_.password_file = "/p";
  request = MakeRerunRequest(options_, own, {"", "secret"});
  EXPECT_EQ(request->login().local().password(), "secret");
  options_.password_file.clear();
  options_.jump_hosts = "gate";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_THAT(request->login().jump_hosts(), ElementsAre("gate"));
  EXPECT_TRUE(request->login().has_ssh_config());
  options_.jump_hosts.clear();
  options_.ssh_config = "/f";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().ssh_config().file(), "/f");
  options_.ssh_config = "none";
  request = MakeRerunRequest(options_, own, {});
  EXPECT_EQ(request->login().ssh_config().file(), "/dev/null");
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
  options.since = "2h";
  options.labels = {"a=b", "a=c"};
  EXPECT_FALSE(MakeListRequest(options, now, absl::UTCTimeZone()).ok());
  options.labels.clear();
  options.command_contains = "\xff";
  EXPECT_THAT(std::string(MakeListRequest(options, now, absl::UTCTimeZone()).status().message()),
              HasSubstr("--command"));
  options.command_contains.clear();
  options.since = "yesterday";
  EXPECT_FALSE(MakeListRequest(options, now, absl::UTCTimeZone()).ok());
}

TEST(SecretNamesTest, Names) {
  for (const char* name : {"DB_PASSWORD", "github_token", "AWS_SECRET_ACCESS_KEY", "DB_PASS"}) {
    EXPECT_TRUE(NamesSecret(name)) << name;
  }
  for (const char* name : {"PWD", "OLDPWD", "TARGET", "COMPASS", "KEYBOARD", "PATH"}) {
    EXPECT_FALSE(NamesSecret(name)) << name;
  }
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
