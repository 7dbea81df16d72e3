// Options that several subcommands have.
#include "absl/strings/str_cat.h"
#include "client/options/option_groups.h"

namespace muster::client {

const char kExitCodesText[] =
    R"(Exit codes: 0 every host succeeded; 1 a command failed, was stopped or was not started; 2 wrong use,
nothing was started; 3 a host could not be reached or logged into, or did not let us become another
user; 4 denied; 5 an outcome is unknown;
6 standard output, or a file of --output-dir or --junit, could not be written; 7 musterd could not be
reached, nothing was started; 128 and its number where a signal ended muster: 130 by Ctrl-C (INT), 143 by
TERM, 129 by HUP. Where several hold, the worst one wins: 5, then 3, then 1, then 6.)";

const char kAskingExitCodes[] =
    "\nExit codes: 0 done, however the runs it tells of ended; 2 wrong use, or there is no such "
    "run; 4 denied;\n6 standard output could not be written; 7 musterd could not be reached.";

void AddRunId(CLI::App* app, Options* options) {
  app->add_option("run", options->run_id, "The run's id, the beginning of it, or last: your newest")
      ->required()
      ->type_name("RUN");
}

void AddTargetOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group(kHostsGroup);
  AddList(app, "-t,--targets", &options->targets,
          "Which hosts: 'web[01-20],db1'; - reads them from standard input, @@FILE from a file; "
          "several add up")
      ->configurable(false)
      ->type_name("TARGETS");
  AddList(app, "-x,--exclude", &options->exclude,
          "Which of them not; written as targets are, several add up")
      ->type_name("TARGETS");
  app->add_option("-I,--inventory", options->inventory,
                  "Groups: ClusterShell's YAML or groups.conf, an Ansible inventory, or a program "
                  "that answers --list [$MUSTER_INVENTORY, ~/.config/muster/inventory.yaml]")
      ->envname("MUSTER_INVENTORY")
      ->type_name("FILE");
  AddList(app, "--ignore-variable", &options->ignored_variables,
          "A variable of an Ansible inventory that Muster does not support, or that has ssh told "
          "something, to be left out of account; may be repeated")
      ->type_name("NAME");
  app->add_option("-u,--user", options->user,
                  "Remote user of targets that name none [ssh_config's, your name]")
      ->type_name("NAME");
  AddNumber(app, "-p,--port", &options->port, 1u, 65535u,
            "Port of targets that name none [ssh_config's, 22]")
      ->type_name("PORT");
}

void AddSshConfig(CLI::App* app, Options* options) {
  app->add_option("-F,--ssh-config", options->ssh_config,
                  "ssh_config to follow, as ssh -F: this file alone, or none [~/.ssh/config, "
                  "/etc/ssh/ssh_config]")
      ->type_name("FILE");
  AddList(
      app, "-o,--ssh-option", &options->ssh_options,
      "An option of ssh_config, as ssh -o: 'Ciphers=+aes128-cbc'; may be repeated; counts before "
      "the files")
      ->type_name("KEYWORD=VALUE");
}

namespace {

void AddMethodOptions(CLI::App* app, Options* options) {
  app->add_option("--answers-file", options->answers_file,
                  "What to answer to servers' questions (keyboard-interactive): lines QUESTION = "
                  "ANSWER of a file that others cannot read, where QUESTION is a part of the "
                  "question")
      ->type_name("FILE");
  AddList(app, "--ask-answer", &options->asked_answers,
          "Ask for the answer to questions that have this in them, once for all hosts, as in "
          "'Verification code'; may be repeated")
      ->type_name("QUESTION");
  app->add_option("--login-methods", options->login_methods,
                  "Which methods to try, in this order: publickey, keyboard-interactive, password, "
                  "gssapi-with-mic, none [ssh_config's PreferredAuthentications, all of them]")
      ->type_name("METHOD[,METHOD...]");
  app->add_flag("--gssapi", options->gssapi,
                "Log in by Kerberos tickets (kinit), before the keys [ssh_config's "
                "GSSAPIAuthentication]");
  app->add_flag("--gssapi-delegate", options->gssapi_delegate,
                "Hand them on to the hosts, as far as they may be");
}

std::string IsUmask(const std::string& text) {
  const bool octal =
      !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
  return octal && (text.size() < 4 || text.front() == '0')
             ? ""
             : absl::StrCat("\"", text, "\" is none; write three digits from 0 to 7, such as 027");
}

}  // namespace

void AddLoginOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group("Logging in");
  AddSshConfig(app, options);
  AddList(app, "-i,--identity", &options->identity_files,
          "Private key, or KEY.pub for that key of your agent; may be repeated; before those of "
          "ssh_config [your agent's keys, ~/.ssh/id_*]")
      ->type_name("KEYFILE");
  app->add_flag("--identities-only", options->identities_only,
                "Of your agent's keys, offer those alone that a key file names");
  app->add_flag("--ask-passphrase", options->ask_passphrase,
                "Ask for the passphrase of the key files, also those of ssh_config");
  CLI::Option* ask_password =
      app->add_flag("--ask-password", options->ask_password,
                    "Ask for the hosts' password, which is offered after the keys");
  CLI::Option* password_file =
      app->add_option("--password-file", options->password_file,
                      "The hosts' password: the one line of a file that others cannot read "
                      "[$MUSTER_PASSWORD]")
          ->excludes(ask_password)
          ->type_name("FILE");
  CLI::Option* password_command =
      app->add_option("--password-command", options->password_command,
                      "The hosts' password: the first line that this command writes, as in 'pass "
                      "show web'; run once, by /bin/sh, for at most 2 minutes")
          ->excludes(ask_password)
          ->excludes(password_file)
          ->type_name("COMMAND");
  AddMethodOptions(app, options);
  app->add_option("--known-hosts", options->known_hosts,
                  "Trusted host keys [ssh_config's, ~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts]")
      ->type_name("FILE");
  AddChoice(app, "--host-key-policy", &options->host_key_policy, {"strict", "accept-new", "off"},
            "Host keys that are not known: strict rejects them, accept-new writes them down; off "
            "checks none, for throw-away machines [ssh_config's, strict]");
  app->add_option("--credential", options->credential, "A credential of the shared daemon")
      ->excludes(ask_password)
      ->excludes(password_file)
      ->excludes(password_command)
      ->excludes("--answers-file")
      ->excludes("--ask-answer")
      ->excludes("--login-methods")
      ->excludes("--gssapi")
      ->excludes("--gssapi-delegate")
      ->type_name("NAME");
  app->add_option("-J,--jump", options->jump_hosts,
                  "Go to the hosts over these, one after the other, as ssh -J: ann@bastion:2222")
      ->type_name("HOST[,HOST...]");
}

void AddBecomeOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group("As another user");
  app->add_option("--become", options->become.user,
                  "Run the command, read by /bin/sh, as this user of the hosts [root]")
      ->expected(0, 1)
      ->default_str("root")
      ->type_name("USER");
  AddChoice(app, "--become-method", &options->become.method, {"sudo", "su", "doas"},
            "By which program [sudo]");
  app->add_flag("--become-keep-env", options->become.keep_environment,
                "Keep the environment of the login, as far as the hosts allow it");
  AddBecomePassword(app, options);
}

void AddBecomePassword(CLI::App* app, Options* options) {
  CLI::Option* const ask =
      app->add_flag("--ask-become-password", options->become.ask_password,
                    "Ask for the password that sudo, su or doas will ask for, once for all hosts");
  app->add_option("--become-password-file", options->become.password_file,
                  "That password: the one line of a file that others cannot read")
      ->excludes(ask)
      ->type_name("FILE");
}

void AddInFlight(CLI::App* app, Options* options) {
  AddNumber(app, "-f,--max-in-flight", &options->rollout.max_in_flight, 1u, 20000u,
            "Hosts at the same time [256]");
}

void AddRolloutOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group("Taking turns");
  AddInFlight(app, options);
  RolloutOptions* rollout = &options->rollout;
  app->add_option("--batches", rollout->batches,
                  "One batch of hosts after the other: 1,10%,50%; the last size repeats")
      ->type_name("SIZES");
  AddDuration(app, "--batch-pause", &rollout->batch_pause, "Between two batches [0s]");
  app->add_flag("--confirm-batches", rollout->confirm_batches,
                "After each batch but the last, wait for muster resume");
  app->add_option("--max-failures", rollout->max_failures,
                  "When more hosts than this have failed, start no further ones [no limit]")
      ->type_name("N|P%");
  app->add_option("--probe", rollout->probe,
                  "After each batch but the last, run this on its hosts; who fails it has failed")
      ->type_name("COMMAND");
  app->add_option("--order", rollout->order,
                  "In which hosts are started: given, sorted, shuffled or shuffled:SEED [given]")
      ->type_name("ORDER");
  app->add_option("--lock", rollout->lock,
                  "Never be on a host at the same time as another run with this lock")
      ->type_name("NAME");
}

void AddLimitOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group(
      "Limits (durations: 500ms, 10s or 10, 5m, 1h; sizes: 65536, 64K, 10M)");
  AddDuration(app, "--connect-timeout", &options->connect_timeout,
              "From the name to the login, with all retries; 0: the default [ssh_config's, 10s]");
  AddDuration(app, "--idle-timeout", &options->idle_timeout,
              "Without any output; 0: no limit [no limit]");
  AddDuration(app, "--command-timeout", &options->command_timeout,
              "For the command; 0: no limit [no limit]");
  AddDuration(app, "--run-timeout", &options->run_timeout,
              "For the whole run, which is canceled then; 0: no limit [no limit]");
  AddDuration(app, "--stop-grace", &options->stop_grace,
              "From TERM to KILL where a command is to end; 0: at once [2s]");
  app->add_flag("--signal-only", options->signal_only,
                "End commands by SSH's signal alone, not over a second channel: for keys with a "
                "forced command");
  AddSize(app, "--output-limit", &options->output_limit,
          "Of a host, in bytes; 0: no limit [no limit]");
  AddSize(
      app, "--run-output-limit", &options->run_output_limit,
      "Of all hosts, in bytes; 0: the daemon's own limit, which holds in any case [the daemon's]");
  AddChoice(app, "--on-output-limit", &options->on_output_limit, {"truncate", "cancel"},
            "truncate drops what is past the limit, cancel ends the host's command [truncate]");
  AddNumber(app, "--retries", &options->retries, 0u, 100u,
            "Try hosts that cannot be reached so often again, before the command [0]");
}

void AddEnvironment(CLI::App* app, Options* options) {
  AddList(app, "-e,--env", &options->environment,
          "For the command; may be repeated. Others can see it on the host and in the run: no "
          "secrets")
      ->type_name("NAME=VALUE");
}

void AddPlace(CLI::App* app, Options* options) {
  app->add_option("--chdir", options->working_directory,
                  "Where the command begins; from the remote user's home, unless it begins with /. "
                  "Where it cannot be entered nothing runs (exit code 126)")
      ->type_name("FOLDER");
  app->add_option("--umask", options->umask, "The command's umask, in octal: 027")
      ->check(IsUmask)
      ->type_name("MODE");
}

void AddLookOptions(CLI::App* app, Options* options) {
  app->option_defaults()->group(kViewGroup);
  CLI::Option* fold = app->add_flag("--fold", options->fold,
                                    "At the end, show identical outputs once, with their hosts");
  CLI::Option* json = app->add_flag("--json", options->json,
                                    "Show one event or line of output in each line, as JSON");
  json->excludes(fold);
  app->add_flag("-S,--command-code", options->command_code,
                "End with the largest exit code of the commands, 255 where one did not run");
  AddChoice(app, "--color", &options->colour, {"auto", "always", "never"},
            "Colours: auto on a terminal, unless NO_COLOR is set or TERM is dumb; always; "
            "never [auto]")
      ->type_name("WHEN");
  app->add_flag("--no-prefix", options->no_prefix, "Lines alone, without their host")
      ->excludes(fold)
      ->excludes(json);
  app->add_flag("--timestamps", options->timestamps,
                "Before each line, when musterd got it, in local time")
      ->excludes(fold)
      ->excludes(json);
  app->add_flag("--sort", options->sort,
                "Hold all lines and show them at the end, host by host as the targets name them")
      ->excludes(fold)
      ->excludes(json);
  app->add_flag("--partial", options->partial,
                "On a terminal, show a line before it is whole, at the bottom: prompts, progress "
                "bars. Of the lines that wait for their end it is the one that changed last. Of a "
                "run that was started with it")
      ->excludes(fold);
  app->add_option("--progress", options->progress,
                  "auto: a line that changes on a terminal, else one every 30 s; never; or one "
                  "every DURATION, such as 10s [auto]")
      ->check(
          [](const std::string& text) {
            absl::Duration every;
            const bool valid = text == "auto" || text == "never" ||
                               (absl::ParseDuration(text, &every) && every >= absl::Seconds(1));
            return valid ? ""
                         : "\"" + text +
                               "\" is none of auto, never, or a duration from 1s on, such as 10s";
          },
          "auto|never")
      ->type_name("WHEN");
  app->add_flag("-q,--quiet", options->quiet, "No progress line, no summary");
}

void AddViewOptions(CLI::App* app, Options* options) {
  AddLookOptions(app, options);
  app->add_option("--output-dir", options->output_dir,
                  "Also write each host's output to DIR/HOST, its standard error to DIR/HOST.err")
      ->type_name("DIR");
  app->add_option("--junit", options->junit,
                  "At the end, write a JUnit report, a case for each host")
      ->type_name("FILE");
}

}  // namespace muster::client
