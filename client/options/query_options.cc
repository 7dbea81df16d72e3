// muster runs, show, watch, logs, pause, resume, cancel, targets and daemon.
#include <limits>

#include "absl/strings/str_cat.h"
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

CLI::App* AddSubcommand(CLI::App* app, Options* options, Subcommand subcommand,
                        const std::string& name, const std::string& what) {
  CLI::App* added = app->add_subcommand(name, what);
  added->parse_complete_callback([options, subcommand] { options->subcommand = subcommand; });
  return added;
}

void AddJson(CLI::App* app, Options* options, const std::string& what) {
  app->add_flag("--json", options->json, what);
}

void AddRuns(CLI::App* app, Options* options) {
  CLI::App* runs =
      AddSubcommand(app, options, Subcommand::kRuns, "runs", "List runs, newest first");
  AddNumber(runs, "-n,--limit", &options->limit, 1u, 1000u, "How many [20]");
  runs->add_option("--state", options->run_states,
                   "In one of these states: running,paused,stopping,succeeded,failed,canceled")
      ->type_name("STATES");
  AddList(runs, "--label", &options->labels, "With this label; may be repeated")
      ->type_name("KEY=VALUE");
  runs->add_option("--command", options->command_contains, "Whose command contains this")
      ->type_name("TEXT");
  runs->add_option("--since", options->since,
                   "Created since: 2h, 30m, 2026-11-25, 2026-11-25T10:00:00+01:00")
      ->type_name("TIME");
  runs->add_option("--creator", options->creator, "Created by: uid:1000, a certificate's name")
      ->type_name("NAME");
  runs->add_flag("-w,--watch", options->watch_runs,
                 "Go on: on a terminal show the list as it changes, else one line for each run "
                 "under way and "
                 "then for each change, until Ctrl-C")
      ->excludes("--since")
      ->excludes("--command");
  AddJson(
      runs, options,
      "One run in each line, as JSON; with --watch each as it is then, without its specification");
  runs->footer(absl::StrCat("\n--watch ends with 0 at Ctrl-C. -n counts on a terminal only.",
                            kAskingExitCodes));
}

void AddShow(CLI::App* app, Options* options) {
  CLI::App* show =
      AddSubcommand(app, options, Subcommand::kShow, "show", "Show how a run and its hosts stand");
  AddRunId(show, options);
  show->add_flag("--each", options->each_host, "Each host in a line, rather than groups");
  AddJson(show, options, "The run, then one host in each line, as JSON");
}

void AddWatch(CLI::App* app, Options* options) {
  CLI::App* watch =
      AddSubcommand(app, options, Subcommand::kWatch, "watch",
                    "Show a run's lines from the beginning, and follow it to its end");
  AddRunId(watch, options);
  AddViewOptions(watch, options);
  watch->option_defaults()->group("Which part of the run");
  CLI::Option* from = AddNumber(watch, "--from,--after", &options->after, uint64_t{0},
                                std::numeric_limits<uint64_t>::max(), "Begin after this event [0]");
  from->type_name("SEQUENCE");
  CLI::Option* summary = watch->add_flag("--summary", options->summary,
                                         "Only progress and the summary, no output of hosts");
  CLI::Option* hosts = watch->add_option("--hosts", options->hosts,
                                         "Only what these hosts tell; summary and exit code are "
                                         "those of the whole run");
  hosts->type_name("SET")->excludes("--junit");
  CLI::Option* states = watch->add_option("--states", options->states,
                                          "With --fold or --json: only what hosts tell that ended "
                                          "so: failed,unreached,unknown; summary "
                                          "and exit code are those of the whole run");
  states->type_name("STATES")->excludes("--junit")->excludes("--output-dir");
  // They hold the whole of a run.
  for (const char* whole : {"--output-dir", "--junit", "--fold"}) from->excludes(whole);
  for (const char* output : {"--output-dir", "--junit", "--fold", "--json"})
    summary->excludes(output);
  watch->footer(absl::StrCat(
      "\nEnds with the exit code of the run, as muster run. Ctrl-C leaves the run alone.\n\n",
      kExitCodesText));
}

void AddLogs(CLI::App* app, Options* options) {
  CLI::App* logs =
      AddSubcommand(app, options, Subcommand::kLogs, "logs",
                    "Write one host's output as it is, byte for byte, or lines of several hosts");
  AddRunId(logs, options);
  logs->add_option("host", options->hosts,
                   "The host's name in the run. Of several, 'web[1-3]', and of all where it is "
                   "left out, lines "
                   "come with their host, in the order in which they came")
      ->type_name("HOST");
  CLI::Option* follow =
      logs->add_flag("-f,--follow", options->follow,
                     "Until the host has ended, of several the run, rather than what is there");
  AddNumber(logs, "-n,--tail", &options->tail, uint64_t{0}, kAllLines - 1,
            "Only the last N lines of each host, of both its streams [all]");
  CLI::Option* grep = logs->add_option("--grep", options->grep,
                                       "Only lines with this text; musterd searches for them");
  grep->type_name("PATTERN")->excludes(follow);
  logs->add_flag("-E,--regex", options->regex,
                 "PATTERN is an expression of RE2: 'time(d )?out'; (?i) before it: upper and lower "
                 "case alike");
  logs->footer(
      "\nStandard output comes on standard output, standard error on standard error. Lines that "
      "are "
      "found are\nheld until all are; one of more than 64 KiB is searched, and counted, in pieces. "
      "Exit codes: 0 it was\n"
      "written, however the command ended; 1 --grep found nothing; 2 there is no such run or host, "
      "or a\n"
      "malformed expression; 4 denied; 5 the log could not be read to its end; 6 standard output "
      "could not\n"
      "be written; 7 musterd could not be reached.");
}

void AddControl(CLI::App* app, Options* options, Subcommand subcommand, const std::string& name,
                const std::string& what, const std::string& footer) {
  CLI::App* control = AddSubcommand(app, options, subcommand, name, what);
  AddRunId(control, options);
  control->footer(
      "\n" + footer +
      "\nExit codes: 0 done; 2 there is no such run, or it is not one to which this can be "
      "done; 4 denied;\n7 musterd could not be reached.");
}

}  // namespace

void AddQueries(CLI::App* app, Options* options) {
  AddRuns(app, options);
  AddShow(app, options);
  AddWatch(app, options);
  AddLogs(app, options);
}

void AddControls(CLI::App* app, Options* options) {
  AddControl(app, options, Subcommand::kPause, "pause", "Start no further hosts of a run",
             "Hosts under way go on. muster resume continues the run.");
  AddControl(app, options, Subcommand::kResume, "resume", "Go on with a run that is paused",
             "After muster pause, and with the next batch of a run with --confirm-batches.");
  AddControl(
      app, options, Subcommand::kCancel, "cancel", "Stop a run",
      "Hosts not yet started are left out; running commands are sent TERM, and KILL after the "
      "run's\n--stop-grace. Harmless on a run that has ended.");
  AddControl(app, options, Subcommand::kForget, "forget",
             "Remove a run that has ended, and its log",
             "Nothing of it is kept: no output, no outcomes. musterd forgets old runs by itself "
             "(--keep-runs).");
}

void AddTargets(CLI::App* app, Options* options) {
  CLI::App* targets = AddSubcommand(app, options, Subcommand::kTargets, "targets",
                                    "Show which hosts an expression means");
  targets
      ->add_option_function<std::string>(
          "expression",
          [options](const std::string& expression) { options->targets.push_back(expression); },
          "'web[01-20]!web03', '@web'; or give -t")
      ->type_name("TARGETS");
  AddTargetOptions(targets, options);
  AddSshConfig(targets, options);
  targets->option_defaults()->group("What is shown");
  targets->add_flag(
      "--long", options->long_list,
      "Also how each host would be reached, those that are alike together: its address "
      "where that is not its name, port, user, jump hosts, proxy command, keys, agent, "
      "known_hosts; and in brackets who says so: target, option, the inventory's file, "
      "ssh_config; nobody where it is so by default");
  AddJson(targets, options, "One host in each line, as JSON; then the warnings, if any");
}

void AddDaemon(CLI::App* app, Options* options) {
  CLI::App* daemon = AddSubcommand(app, options, Subcommand::kDaemon, "daemon",
                                   "Show, stop or restart your own musterd");
  AddChoice(daemon, "action", &options->daemon_action, {"status", "stop", "restart"},
            "status, stop or restart")
      ->required()
      ->type_name("ACTION");
  daemon->add_flag("--force", options->force, "Stop it although runs are under way");
  daemon->footer(R"(
Your own musterd is started by the first command that needs it and ends when it has been idle for
15 minutes. It keeps its runs, its log and its socket in $XDG_STATE_HOME/muster, else in
~/.local/state/muster. After an upgrade, restart makes it the new version.
Exit codes: 0 done; 2 runs are under way, or it is another machine's; 7 (status) none is running.)");
}

}  // namespace muster::client
