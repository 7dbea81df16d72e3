// muster run and rerun.
#include "absl/strings/str_cat.h"
#include "client/subcommands.h"

namespace muster::client {
namespace {

constexpr char kRunText[] = R"(
Targets: web[01-20] numbers, padded or not; [0-8/2] with a step; r[1-2]n[1-4] several dimensions;
a,b both; a!b without; a&b in both; a^b in one only; @group and @group:role from an inventory;
user@host:port, [2001:db8::1]:22.

Lines of standard output come as "host: line" on standard output, those of standard error as
"host [err]: line" on standard error. Ctrl-C cancels the run and shows what still comes; a second one
leaves at once, and says what has not ended. Who stops reading (muster run ... | head) cancels it, too;
where standard output cannot be written for another reason, the run goes on, and muster watch shows it.
A command of several words is joined with blanks and read by the remote shell, as with ssh; --argv passes
them exactly.

When the daemon is restarted, or the network is away for a while, muster goes on where it stopped. The
run ends with muster, unless it is detached, the daemon is on the network, or was restarted meanwhile.

)";

constexpr char kRunExamples[] = R"help(

Examples:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'web*' --inventory hosts.yaml -f 10 -- systemctl restart nginx
  muster run -t 'db[1-3].internal' -J ann@bastion.example.com -- uptime
  muster run -t 'node[1-500]' --fold -- uname -r
  muster run -t 'web[01-20]' --batches 1,10%,50% --max-failures 5% --probe 'curl -sf localhost' -- ./deploy
  muster run -t 'web[01-20]' --output-dir out --junit report.xml -- ./test
  muster run -t 'web[01-20]' --json -- cat /etc/os-release | jq -r 'select(.output)|"\(.host): \(.output.text)"')help";

constexpr char kRerunText[] = R"(
Hosts of an ended run that did not succeed, or those that the options name together, run the same command
again, in a run of their own. It is shown as with muster run; Ctrl-C cancels it.

)";

// A flag that stands for a word of --states.
void AddStateFlag(CLI::App* app, Options* options, const std::string& word,
                  const std::string& what) {
  app->add_flag_callback(
      "--" + word,
      [options, word] {
        absl::StrAppend(&options->states, options->states.empty() ? "" : ",", word);
      },
      what);
}

void AddStarting(CLI::App* app, Options* options) {
  app->add_option("--request-id", options->request_id,
                  "Makes it safe to repeat: the same id and command is the same run")
      ->type_name("ID");
  app->add_flag("-d,--detach", options->detach, "Start the run, print its id, and leave");
}

}  // namespace

void AddRun(CLI::App* app, Options* options) {
  CLI::App* run = app->add_subcommand("run", "Run a command on hosts and show their lines");
  run->footer(absl::StrCat(kRunText, kExitCodesText, kRunExamples));
  run->add_option("-t,--targets", options->targets, "Which hosts: 'web[01-20],db1'")
      ->required()
      ->type_name("TARGETS");
  AddTargetOptions(run, options);
  AddLoginOptions(run, options);
  AddRolloutOptions(run, options);
  AddLimitOptions(run, options);
  run->add_option("-e,--env", options->environment, "NAME=VALUE for the command; may be repeated")
      ->type_name("NAME=VALUE");
  run->add_flag("--argv", options->argv, "Pass the command's words exactly, without a shell");
  run->add_option("--label", options->labels, "KEY=VALUE to find the run by; may be repeated")
      ->type_name("KEY=VALUE");
  run->add_flag(
      "--continue-after-restart", options->continue_after_restart,
      "When the daemon was ended and comes back, start the hosts that were not started yet");
  AddStarting(run, options);
  AddViewOptions(run, options);
  run->add_option("command", options->command, "What to run; put -- before it")
      ->required()
      ->type_name("COMMAND");
  run->parse_complete_callback([options] { options->subcommand = Subcommand::kRun; });
}

void AddRerun(CLI::App* app, Options* options) {
  CLI::App* rerun =
      app->add_subcommand("rerun", "Run again on hosts of a run that did not succeed");
  rerun->footer(absl::StrCat(kRerunText, kExitCodesText));
  AddRunId(rerun, options);
  AddStateFlag(rerun, options, "failed", "Where the command failed, timed out or was canceled");
  AddStateFlag(rerun, options, "unreached", "Which could not be reached or logged into");
  AddStateFlag(rerun, options, "unknown", "Of which nobody knows how far the command came");
  AddStateFlag(rerun, options, "not-started", "Which the run did not come to");
  rerun->add_option("--states", options->states, "Which ended so: exited_nonzero,signaled")
      ->type_name("STATES");
  rerun->add_option("-u,--user", options->user,
                    "Remote user, instead of the run's; hosts with one of their own keep it");
  AddLoginOptions(rerun, options);
  AddStarting(rerun, options);
  AddViewOptions(rerun, options);
  rerun->parse_complete_callback([options] { options->subcommand = Subcommand::kRerun; });
}

}  // namespace muster::client
