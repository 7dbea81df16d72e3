// The command line.
#include "client/options/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/commands/list_request.h"
#include "client/options/argument_scan.h"
#include "client/options/option_groups.h"
#include "client/options/secret_names.h"
#include "tests/client/options/parse.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
      Parse({"--server", "hub:1", "run", "--user=ann", "-t", "a", "--reconnect=1m", "true"});
  ASSERT_TRUE(parsed.run) << parsed.text;
  EXPECT_EQ(parsed.options.server, "hub:1");
  EXPECT_EQ(parsed.options.user, "ann");
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
  told({"logs", "last", "--grep="}, "muster logs: --grep: its value is empty; leave it out",
       "muster logs");
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
       "muster run: --input-artifact: its value is empty; leave it out", "muster run");
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
                              "targets", "shell", "artifacts", "help"}) {
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
  for (const char* option : {"--lock", "--max-failures", "-i", "--chdir", "-u", "--batches"}) {
    wrong({"run", "-t", "a", option, "", "--", "true"}, ": its value is empty");
  }
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
