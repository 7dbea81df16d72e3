// muster run and rerun.
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "client/options/option_defaults.h"
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

constexpr char kRunText[] = R"(
What follows the first word that is no option of muster, or --, is the command, as with ssh: its own
options are its own.

Targets: web[01-20] numbers, padded or not; [0-8/2] with a step; r[1-2]n[1-4] several dimensions;
a,b both; a!b without; a&b in both; a^b in one only; @group and @source:group from an inventory;
user@host:port, [2001:db8::1]:22. In a file or on standard input: one in each line,
comments behind '#'.

Lines of standard output come as "host: line" on standard output, those of standard error as
"host [err]: line" on standard error. Ctrl-C cancels the run and shows what still comes; a second one
leaves at once, and says what has not ended. Who stops reading (muster run ... | head) cancels it, too;
where standard output cannot be written for another reason, the run goes on, and muster watch shows it.
A command of several words is joined with blanks and read by the remote shell, as with ssh; --argv passes
them exactly. A script is written to a private file below $TMPDIR, /tmp, the home, /var/tmp or /dev/shm of
the host, which goes when it has ended, also where it is canceled or the connection is lost; where a signal
has ended it, its exit code is 128 and the signal's number.

Standard input that is a file or a pipe is what the command reads, all of it on each host; -n says that it
is not, as in: while read h; do muster run -n -t $h -- uptime; done < list. With --input-artifact it reads
what muster artifacts put has brought to the daemon, which reruns and detached runs read as well. -S ends
with the largest exit code of the commands: 128 and its number for a signal, 255 for a host that ended in
another way; as pdsh -S and clush -S do.

With --tty, what is piped in is typed at each host's terminal: echoed, and control characters are obeyed.
After it, or where nothing is piped in, ^D is typed, again and again, at most a minute apart: what asks
reads an end. --output-dir, --json and pipes have the terminal's CR at line ends; a terminal is not shown
it.

When the daemon is restarted, or the network is away for a while, muster goes on where it stopped. The
run ends with muster, unless it is detached, the daemon is on the network, or was restarted meanwhile.

)";

constexpr char kRunExamples[] = R"help(

Examples:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'web*' -x web07 --inventory hosts.yaml -f 10 -- systemctl restart nginx
  muster run -t 'db[1-3].internal' -J ann@bastion.example.com -- uptime
  muster run -t 'node[1-500]' --fold -- uname -r
  muster run -t 'web[01-20]' --batches 1,10%,50% --probe 'curl -sf localhost' -- ./deploy
  muster run -t @@hosts.txt -x 'db*' df -h /
  muster run -t 'web[01-20]' --input-artifact app-1.2.tar -- tar x -C /srv
  muster run -t 'web[01-20]' --script check.py -- --verbose
  muster run -t 'web[01-20]' --placeholders -- 'wget -q mirror/{host}.conf -O /etc/app.conf'
  muster run -t 'web[01-20]' --output-dir out --junit report.xml -- ./test
  muster run -t 'web[01-20]' --json -- cat /etc/os-release |
      jq -r 'select(.output) | "\(.host): \(.output.text)"')help";

constexpr char kPingText[] = R"(
Connects to each host, checks its key, logs in, becomes the other user where --become asks for that, and runs
`true`. Hosts that ended alike are shown together, and at the end what is wrong with the others, with what to do
about it. It is a run, as of muster run: muster runs lists it, and muster rerun looks again.

)";

constexpr char kPingExamples[] = R"help(

Examples:
  muster ping -t @all -I hosts.yaml
  muster ping -t 'web[01-20]' --become --ask-become-password
  muster ping -t @@new-hosts.txt --host-key-policy accept-new)help";

constexpr char kRerunText[] = R"(
Hosts of an ended run that did not succeed, or those that the options name together, run the same command
again, in a run of their own. It is shown as with muster run; Ctrl-C cancels it. Without options about
logging in, the run's own login is taken; passphrases and passwords are not kept: give them again, and
with them the other options about logging in. $MUSTER_PASSWORD counts where there is one of these.

)";

// To those that are named already.
void AddStates(absl::string_view states, Options* options) {
  absl::StrAppend(&options->states, options->states.empty() ? "" : ",", states);
}

// A flag that stands for a word of --states.
void AddStateFlag(CLI::App* app, Options* options, const std::string& word,
                  const std::string& what) {
  app->add_flag_callback(
      "--" + word, [options, word] { AddStates(word, options); }, what);
}

// Of a run that is left nobody is there to do these: muster watch and logs do.
void ExcludeFromDetached(CLI::App* app) {
  for (const char* later : {"--fold", "--output-dir", "--junit", "--command-code", "--sort",
                            "--timestamps", "--no-prefix"}) {
    app->get_option("--detach")->excludes(later);
  }
}

void AddStarting(CLI::App* app, Options* options) {
  app->add_option("--request-id", options->request_id,
                  "Makes it safe to repeat: the same id and command is the same run")
      ->configurable(false)
      ->type_name("ID");
  app->add_flag("-d,--detach", options->detach, "Start the run, print its id, and leave")
      ->configurable(false);
  app->add_flag(
      "-n,--no-stdin", options->no_stdin,
      "Standard input is not for the command, as with ssh -n; else each host's reads all of it, "
      "unless it is a terminal. In a loop (while read h; do muster run -n -t $h ...; done < list) "
      "it is the loop's");
}

}  // namespace

void AddRun(CLI::App* app, Options* options) {
  CLI::App* run = app->add_subcommand("run", "Run a command on hosts and show their lines");
  run->footer(absl::StrCat(kRunText, kExitCodesText, "\n", kDefaultsText, kRunExamples));
  run->positionals_at_end();
  AddTargetOptions(run, options);
  run->get_option("--targets")->required();
  AddLoginOptions(run, options);
  AddBecomeOptions(run, options);
  AddRolloutOptions(run, options);
  AddLimitOptions(run, options);
  run->option_defaults()->group("The command");
  AddEnvironment(run, options);
  AddList(run, "--request-env", &options->requested_environment,
          "For the command, asked for as ssh's SetEnv and SendEnv do: servers take the names that "
          "they are told to (AcceptEnv); who refuses one is counted. Each costs a round trip. NAME "
          "alone: as it is here")
      ->type_name("NAME[=VALUE]");
  run->add_flag(
      "--tty", options->tty,
      "Give each command a terminal, as ssh -tt does; of the size of yours. Lines end with "
      "CR LF, standard error comes as standard output, and what is piped in is typed");
  run->add_flag("--no-tty", options->no_tty, "Give none, whatever ssh_config's RequestTTY says")
      ->excludes("--tty");
  run->add_option("--input-artifact", options->input_artifact,
                  "The command reads this artifact as its standard input (muster artifacts)")
      ->type_name("NAME");
  CLI::Option* const argv =
      run->add_flag("--argv", options->argv, "Pass the command's words exactly, without a shell");
  CLI::Option* const script =
      run->add_option(
             "--script", options->script,
             "Run this file of yours on the hosts, with the words behind the options as its "
             "arguments, exactly. It is sent along, and removed when it has ended")
          ->excludes(argv)
          ->excludes("--tty")
          ->configurable(false)
          ->type_name("FILE");
  run->add_option("--interpreter", options->interpreter,
                  "What runs it, words with blanks between them: 'python3 -u' [as its first line "
                  "says: #!PROGRAM; else /bin/sh]")
      ->needs(script)
      ->configurable(false)
      ->type_name("WORDS");
  AddPlace(run, options);
  run->add_flag(
      "--placeholders", options->placeholders,
      "In the command, its arguments, --chdir and --probe, {host}, {user}, {port} and {index} "
      "(from 0) stand for each host's own, quoted; {{ is {");
  run->option_defaults()->group("The run");
  AddList(run, "--label", &options->labels, "To find the run by; may be repeated")
      ->type_name("KEY=VALUE");
  run->add_flag(
      "--continue-after-restart", options->continue_after_restart,
      "When the daemon was ended and comes back, start the hosts that were not started yet");
  AddStarting(run, options);
  AddViewOptions(run, options);
  ExcludeFromDetached(run);
  // For the help; ScanArguments takes its words.
  run->add_option("command", options->command, "What to run, with its own options")
      ->type_name("COMMAND");
  run->parse_complete_callback([options] { options->subcommand = Subcommand::kRun; });
}

void AddPing(CLI::App* app, Options* options) {
  CLI::App* ping = app->add_subcommand(
      "ping", "Find out which hosts can be reached, trusted, logged into, and become on");
  ping->footer(absl::StrCat(kPingText, kExitCodesText, kPingExamples));
  AddTargetOptions(ping, options);
  ping->get_option("--targets")->required();
  AddLoginOptions(ping, options);
  AddBecomeOptions(ping, options);
  ping->option_defaults()->group("Limits");
  AddInFlight(ping, options);
  AddDuration(ping, "--connect-timeout", &options->connect_timeout,
              "From the name to the login; 0: the default [ssh_config's, 10s]");
  AddDuration(ping, "--command-timeout", &options->command_timeout,
              "For what is run there; 0: no limit [10s]");
  AddViewOptions(ping, options);
  // A run of `true`, of which only its hosts' ends are shown, those that ended alike together.
  ping->parse_complete_callback([options] {
    options->subcommand = Subcommand::kRun;
    options->command = {"true"};
    options->no_stdin = true;
    options->fold = !options->json;
    if (options->command_timeout == absl::ZeroDuration()) {
      options->command_timeout = absl::Seconds(10);
    }
  });
}

void AddRerun(CLI::App* app, Options* options) {
  CLI::App* rerun =
      app->add_subcommand("rerun", "Run again on hosts of a run that did not succeed");
  rerun->footer(absl::StrCat(kRerunText, kExitCodesText));
  AddRunId(rerun, options);
  rerun->option_defaults()->group("Hosts");
  AddStateFlag(rerun, options, "failed", "Where the command failed, timed out or was canceled");
  AddStateFlag(rerun, options, "unreached",
               "Which could not be reached, logged into, or become another user on");
  AddStateFlag(rerun, options, "unknown", "Of which nobody knows how far the command came");
  AddStateFlag(rerun, options, "not-started", "Which the run did not come to");
  rerun
      ->add_option_function<std::string>(
          "--states", [options](const std::string& states) { AddStates(states, options); },
          "Which ended so: exited_nonzero,signaled")
      ->type_name("STATES");
  rerun
      ->add_option("-u,--user", options->user,
                   "Remote user, instead of the run's; hosts with one of their own keep it")
      ->type_name("NAME");
  AddLoginOptions(rerun, options);
  AddBecomePassword(rerun, options);
  rerun->option_defaults()->group("The run");
  AddStarting(rerun, options);
  AddViewOptions(rerun, options);
  ExcludeFromDetached(rerun);
  rerun->parse_complete_callback([options] { options->subcommand = Subcommand::kRerun; });
}

}  // namespace muster::client
