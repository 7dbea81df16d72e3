#include "client/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/subcommands.h"
#include "client/version.h"

namespace muster::client {
namespace {

constexpr char kFooter[] = R"(
First steps:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'ann@db[1-3]:2222,web01!db2' --fold -- 'df -h /'
  muster run -t @web --inventory hosts.yaml --command-timeout 5m -- apt-get update
  muster run -t 'web[01-20]' --batches 1,10%,50% --max-failures 5% -- ./deploy
  muster runs --state failed; muster show RUN; muster rerun RUN --failed

Your keys, your ssh-agent and your known_hosts are used as ssh does it. A daemon of your own, musterd,
is started when there is none, and ends when it has been idle for a while.

)";

void AddConnection(CLI::App* app, Options* options) {
  app->add_option("--server", options->server,
                  "A musterd to talk to: HOST:PORT or unix:/PATH [$MUSTER_SERVER, else your own]")
      ->type_name("ADDRESS");
  app->add_option("--server-user", options->server_user,
                  "Whose unix socket that is, where neither yours nor root's; gets no passphrases "
                  "[$MUSTER_SERVER_USER]")
      ->type_name("USER");
  app->add_option("--tls-cert", options->tls.certificate,
                  "Your certificate, for a musterd on the network [$MUSTER_TLS_CERT]")
      ->type_name("FILE");
  app->add_option("--tls-key", options->tls.key, "Its key [$MUSTER_TLS_KEY]")->type_name("FILE");
  app->add_option("--tls-ca", options->tls.ca, "Who vouches for that musterd [$MUSTER_TLS_CA]")
      ->type_name("FILE");
  AddDuration(app, "--reconnect", &options->reconnect,
              "How long to try to reach a musterd again that was lost [30s]");
}

void FillFromEnvironment(Options* options) {
  const auto fill = [](std::string* value, const char* name) {
    if (value->empty()) *value = FromEnvironment(name);
  };
  fill(&options->server, "MUSTER_SERVER");
  fill(&options->server_user, "MUSTER_SERVER_USER");
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
  app.footer(absl::StrCat(kFooter, kExitCodesText));
  app.require_subcommand(1);
  // As everywhere: a script's or an alias' options can be overridden by later ones.
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.fallthrough();
  app.set_version_flag("--version", absl::StrCat("muster ", kVersion));
  AddConnection(&app, &parsed.options);
  AddRun(&app, &parsed.options);
  AddRerun(&app, &parsed.options);
  AddQueries(&app, &parsed.options);
  AddControls(&app, &parsed.options);
  AddTargets(&app, &parsed.options);
  AddDaemon(&app, &parsed.options);
  app.add_subcommand("version", "Show muster's version")->parse_complete_callback([&parsed] {
    parsed.options.subcommand = Subcommand::kVersion;
  });
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
