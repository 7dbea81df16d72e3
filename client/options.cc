#include "client/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/version.h"

namespace muster::client {
namespace {

constexpr char kFooter[] = R"(
First steps:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'ann@db[1-3]:2222,web01!db2' --fold -- 'df -h /'
  muster run -t @web --inventory hosts.yaml --command-timeout 5m -- apt-get update

Your keys, your ssh-agent and your known_hosts are used as ssh does it. A daemon of your own, musterd,
is started when there is none, and ends when it has been idle for a while.

Exit codes: 0 every host succeeded; 1 a command failed; 2 wrong use, nothing was started; 3 a host
could not be reached or logged into; 4 denied; 5 an outcome is unknown; 130 interrupted. Where several
hold, the worst one wins: 5, then 3, then 1.)";

constexpr char kRunFooter[] = R"(
Targets: web[01-20] numbers, padded or not; [0-8/2] with a step; r[1-2]n[1-4] several dimensions;
a,b both; a!b without; a&b in both; a^b in one only; @group and @group:role from an inventory;
user@host:port, [2001:db8::1]:22.

Lines of standard output come as "host: line" on standard output, those of standard error as
"host [err]: line" on standard error. Ctrl-C cancels the run and shows what still comes; a second one
leaves at once. A command of several words is joined with blanks and read by the remote shell, as with
ssh; --argv passes them exactly.

Exit codes: 0 every host succeeded; 1 a command failed; 2 wrong use, nothing was started; 3 a host
could not be reached or logged into; 4 denied; 5 an outcome is unknown; 130 interrupted. Where several
hold, the worst one wins: 5, then 3, then 1.

Examples:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'web*' --inventory hosts.yaml -f 10 -- systemctl restart nginx
  muster run -t 'node[1-500]' --fold -- uname -r
  muster run -t 'web[01-20]' --json -- cat /etc/os-release | jq -r 'select(.output).output.data|@base64d')";

CLI::Option* AddDuration(CLI::App* app, const std::string& name, absl::Duration* value,
                         const std::string& what) {
  const auto parse = [name, value](const CLI::results_t& results) {
    if (absl::ParseDuration(results[0], value) && *value >= absl::ZeroDuration()) return true;
    throw CLI::ValidationError(name,
                               "\"" + results[0] + "\" is no duration; write 500ms, 10s, 5m or 1h");
  };
  return app->add_option(name, parse, what)->type_name("DURATION")->expected(1);
}

void AddJson(CLI::App* app, Options* options, const std::string& what) {
  app->add_flag("--json", options->json, what);
}

void AddTargetOptions(CLI::App* app, Options* options) {
  app->add_option("-I,--inventory", options->inventory,
                  "Groups: ClusterShell's YAML or an Ansible inventory [$MUSTER_INVENTORY, "
                  "~/.config/muster/inventory.yaml]")
      ->type_name("FILE");
  app->add_option("-u,--user", options->user, "Remote user of targets that name none [your name]");
  app->add_option("-p,--port", options->port, "Port of targets that name none [22]")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT");
}

void AddViewOptions(CLI::App* app, Options* options) {
  CLI::Option* fold = app->add_flag("--fold", options->fold,
                                    "At the end, show identical outputs once, with their hosts");
  app->add_flag("--json", options->json, "Show one event in each line, as JSON")->excludes(fold);
  app->add_flag("-q,--quiet", options->quiet, "No progress line, no summary");
}

void AddRun(CLI::App* app, Options* options) {
  CLI::App* run = app->add_subcommand("run", "Run a command on hosts and show their lines");
  run->footer(kRunFooter);
  run->add_option("-t,--targets", options->targets, "Which hosts: 'web[01-20],db1'")
      ->required()
      ->type_name("TARGETS");
  AddTargetOptions(run, options);
  run->add_option("-i,--identity", options->identity_files,
                  "Private key; may be repeated [your agent's keys, ~/.ssh/id_*]")
      ->type_name("KEYFILE");
  run->add_flag("--ask-passphrase", options->ask_passphrase, "Ask for the key files' passphrase");
  run->add_option("--known-hosts", options->known_hosts,
                  "Trusted host keys [~/.ssh/known_hosts, /etc/ssh/ssh_known_hosts]")
      ->type_name("FILE");
  run->add_option("--host-key-policy", options->host_key_policy,
                  "Host keys that are not known: strict rejects them, accept-new writes them down "
                  "[strict]")
      ->check(CLI::IsMember({"strict", "accept-new"}));
  run->add_option("--credential", options->credential, "A credential of the shared daemon")
      ->type_name("NAME");
  run->add_option("-f,--max-in-flight", options->max_in_flight, "Hosts at the same time [256]")
      ->check(CLI::Range(1, 20000))
      ->type_name("N");
  AddDuration(run, "--connect-timeout", &options->connect_timeout,
              "From the name to the login, with all retries [10s]");
  AddDuration(run, "--idle-timeout", &options->idle_timeout, "Without any output [none]");
  AddDuration(run, "--command-timeout", &options->command_timeout, "For the command [none]");
  run->add_option("--retries", options->retries,
                  "Try hosts that cannot be reached so often again, before the command [0]")
      ->check(CLI::Range(0, 100))
      ->type_name("N");
  run->add_option("-e,--env", options->environment, "NAME=VALUE for the command; may be repeated")
      ->type_name("NAME=VALUE");
  run->add_flag("--argv", options->argv, "Pass the command's words exactly, without a shell");
  run->add_option("--label", options->labels, "KEY=VALUE to find the run by; may be repeated")
      ->type_name("KEY=VALUE");
  run->add_option("--request-id", options->request_id,
                  "Makes it safe to repeat: the same id and command is the same run")
      ->type_name("ID");
  run->add_flag("-d,--detach", options->detach, "Start the run, print its id, and leave");
  AddViewOptions(run, options);
  run->add_option("command", options->command, "What to run; put -- before it")
      ->required()
      ->type_name("COMMAND");
  run->parse_complete_callback([options] { options->subcommand = Subcommand::kRun; });
}

void AddRunId(CLI::App* app, Options* options) {
  app->add_option("run", options->run_id, "The run's id")->required()->type_name("RUN");
}

void AddOthers(CLI::App* app, Options* options) {
  CLI::App* runs = app->add_subcommand("runs", "List the latest runs");
  runs->add_option("-n,--limit", options->limit, "How many [20]")->check(CLI::Range(1, 1000));
  AddJson(runs, options, "One run in each line, as JSON");
  runs->parse_complete_callback([options] { options->subcommand = Subcommand::kRuns; });

  CLI::App* show = app->add_subcommand("show", "Show how a run and each of its hosts stand");
  AddRunId(show, options);
  AddJson(show, options, "The run, then one host in each line, as JSON");
  show->parse_complete_callback([options] { options->subcommand = Subcommand::kShow; });

  CLI::App* watch = app->add_subcommand(
      "watch", "Show a run's lines from the beginning, and follow it to its end");
  AddRunId(watch, options);
  watch->add_option("--after", options->after, "Begin after this event [0]")->type_name("SEQUENCE");
  AddViewOptions(watch, options);
  watch->footer(
      "\nEnds with the exit code of the run, as muster run. Ctrl-C leaves the run alone.");
  watch->parse_complete_callback([options] { options->subcommand = Subcommand::kWatch; });

  CLI::App* cancel = app->add_subcommand("cancel", "Stop a run");
  AddRunId(cancel, options);
  cancel->footer(
      "\nHosts not yet started are left out; running commands are sent TERM, and are killed two "
      "seconds later.");
  cancel->parse_complete_callback([options] { options->subcommand = Subcommand::kCancel; });

  CLI::App* targets = app->add_subcommand("targets", "Show which hosts an expression means");
  targets->add_option("expression", options->targets, "'web[01-20]!web03', '@web'")
      ->required()
      ->type_name("TARGETS");
  AddTargetOptions(targets, options);
  AddJson(targets, options, "One host in each line, as JSON");
  targets->parse_complete_callback([options] { options->subcommand = Subcommand::kTargets; });

  app->add_subcommand("version", "Show muster's version")->parse_complete_callback([options] {
    options->subcommand = Subcommand::kVersion;
  });
}

void AddConnection(CLI::App* app, Options* options) {
  app->add_option("--server", options->server,
                  "A musterd to talk to: HOST:PORT or unix:/PATH [$MUSTER_SERVER, else your own]")
      ->type_name("ADDRESS");
  app->add_option("--tls-cert", options->tls.certificate,
                  "Your certificate, for a musterd on the network [$MUSTER_TLS_CERT]")
      ->type_name("FILE");
  app->add_option("--tls-key", options->tls.key, "Its key [$MUSTER_TLS_KEY]")->type_name("FILE");
  app->add_option("--tls-ca", options->tls.ca, "Who vouches for that musterd [$MUSTER_TLS_CA]")
      ->type_name("FILE");
}

void FillFromEnvironment(Options* options) {
  const auto fill = [](std::string* value, const char* name) {
    if (value->empty()) *value = FromEnvironment(name);
  };
  fill(&options->server, "MUSTER_SERVER");
  fill(&options->tls.certificate, "MUSTER_TLS_CERT");
  fill(&options->tls.key, "MUSTER_TLS_KEY");
  fill(&options->tls.ca, "MUSTER_TLS_CA");
  fill(&options->inventory, "MUSTER_INVENTORY");
}

bool HasSubcommand(const CLI::App& app, const std::string& name) {
  const auto commands = app.get_subcommands([](const CLI::App*) { return true; });
  return std::any_of(commands.begin(), commands.end(),
                     [&](const CLI::App* command) { return command->get_name() == name; });
}

}  // namespace

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  CLI::App app("muster runs a command on many hosts over SSH and shows their lines as they come.",
               "muster");
  app.footer(kFooter);
  app.require_subcommand(1);
  // As everywhere: a script's or an alias' options can be overridden by later ones.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.fallthrough();
  app.set_version_flag("--version", absl::StrCat("muster ", kVersion));
  AddConnection(&app, &parsed.options);
  AddRun(&app, &parsed.options);
  AddOthers(&app, &parsed.options);
  if (argc > 1 && argv[1][0] != '-' && !HasSubcommand(app, argv[1])) {
    parsed.exit_code = 2;
    parsed.text = absl::StrCat("There is no command \"", argv[1],
                               "\".\nRun with --help for more information.\n");
    return parsed;
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    parsed.exit_code = app.exit(error, out, err) == 0 ? 0 : 2;
    parsed.text = out.str() + err.str();
    return parsed;
  }
  FillFromEnvironment(&parsed.options);
  parsed.run = true;
  return parsed;
}

}  // namespace muster::client
