#include "client/options/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <sstream>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/options/argument_scan.h"
#include "client/options/foreign_line.h"
#include "client/options/help_format.h"
#include "client/options/option_defaults.h"
#include "client/options/option_groups.h"
#include "client/options/usage_problem.h"
#include "proto/contract/version.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr char kFooter[] = R"(
First steps:
  muster run -t 'web[01-20]' -- uptime
  muster run -t 'ann@db[1-3]:2222,web01!db2' --fold -- 'df -h /'
  muster run -t @web --inventory hosts.yaml --command-timeout 5m -- apt-get update
  muster run -t 'web[01-20]' --batches 1,10%,50% --max-failures 5% -- ./deploy
  muster runs --state failed; muster show RUN; muster rerun RUN --failed

Your keys, your ssh-agent, your known_hosts and your ssh_config are used as ssh does it. A daemon of your
own, musterd, is started when there is none, and ends when it has been idle for a while.

)";

// What the shells call; its words are no command line of muster, but a part of one.
constexpr absl::string_view kCompleteCommand = "__complete";

void AddConnection(CLI::App* app, Options* options) {
  app->add_option("--server", options->server,
                  "A musterd to talk to: HOST:PORT or unix:/PATH [$MUSTER_SERVER, else your own]")
      ->envname("MUSTER_SERVER")
      ->type_name("ADDRESS");
  app->add_option("--server-user", options->server_user,
                  "Whose unix socket that is, where neither yours nor root's; gets no secrets "
                  "[$MUSTER_SERVER_USER]")
      ->envname("MUSTER_SERVER_USER")
      ->type_name("USER");
  app->add_option("--tls-cert", options->tls.certificate,
                  "Your certificate, for a musterd on the network [$MUSTER_TLS_CERT]")
      ->envname("MUSTER_TLS_CERT")
      ->type_name("FILE");
  app->add_option("--tls-key", options->tls.key, "Its key [$MUSTER_TLS_KEY]")
      ->envname("MUSTER_TLS_KEY")
      ->type_name("FILE");
  app->add_option("--tls-ca", options->tls.ca, "Who vouches for that musterd [$MUSTER_TLS_CA]")
      ->envname("MUSTER_TLS_CA")
      ->type_name("FILE");
  AddDuration(app, "--reconnect", &options->reconnect,
              "How long to try to reach a musterd again that was lost; 0: not at all [30s]");
}

void AddHelp(CLI::App* app, Options* options) {
  CLI::App* help = app->add_subcommand("help", "Show this, or what a command does and its options");
  help->add_option("command", options->help_topic, "Of which command")->type_name("COMMAND");
  help->parse_complete_callback([options] { options->subcommand = Subcommand::kHelp; });
}

void AddCompletion(CLI::App* app, Options* options) {
  CLI::App* completion =
      app->add_subcommand("completion", "Print what makes a shell complete muster's arguments");
  AddChoice(completion, "shell", &options->shell, {"bash", "zsh", "fish"}, "bash, zsh or fish")
      ->required()
      ->type_name("SHELL");
  completion->footer(R"(
Subcommands, options, their values, files, groups and hosts of the inventory, ssh_config and known_hosts,
runs and artifacts of a musterd that is there. None is started for it.

  source <(muster completion bash)       # in ~/.bashrc
  source <(muster completion zsh)        # in ~/.zshrc, behind compinit
  muster completion fish | source        # in ~/.config/fish/config.fish
)");
  completion->parse_complete_callback([options] { options->subcommand = Subcommand::kCompletion; });
}

void AddForeign(CLI::App* app, Options* options) {
  AddChoice(app, "--as", &options->as, {"pdsh", "clush", "dshbak"},
            "The first of all arguments: what follows is understood as that program does; as is a "
            "link of that name")
      ->configurable(false);
}

absl::StatusOr<ForeignLine> Translate(const std::string& program,
                                      std::vector<std::string> arguments) {
  if (program == "pdsh") return TranslatePdsh(std::move(arguments));
  if (program == "clush") return TranslateClush(std::move(arguments));
  if (program == "dshbak") return TranslateDshbak(std::move(arguments));
  return absl::InvalidArgumentError(
      absl::StrCat("--as: \"", program, "\" is none of pdsh, clush, dshbak"));
}

ParsedOptions ParseForeign(const std::string& program, std::vector<std::string> arguments) {
  ParsedOptions parsed;
  const absl::StatusOr<ForeignLine> line = Translate(program, std::move(arguments));
  if (!line.ok()) {
    AppendVisibleLines(absl::StrCat(program, ": ", line.status().message(), "\n"), &parsed.text);
    parsed.exit_code = 1;
    return parsed;
  }
  if (!line->text.empty()) {
    parsed.text = line->text;
    return parsed;
  }
  if (line->words.empty()) {  // no run
    parsed.options.subcommand = Subcommand::kDshbak;
    parsed.run = true;
  } else {
    std::vector<const char*> words = {"muster"};
    for (const std::string& word : line->words) words.push_back(word.c_str());
    parsed = ParseOptions(static_cast<int>(words.size()), words.data());
    if (!parsed.run) parsed.exit_code = 1;
  }
  parsed.options.look = line->look;
  return parsed;
}

// The end of a command line that cannot be understood.
ParsedOptions Wrong(const ScannedArguments& scanned, absl::string_view problem) {
  const std::string command =
      absl::StrCat("muster", scanned.subcommand.empty() ? "" : " ", scanned.subcommand);
  ParsedOptions parsed;
  parsed.exit_code = 2;
  AppendVisibleLines(absl::StrCat(command, ": ", problem, "\nSee ", command, " --help.\n"),
                     &parsed.text);
  return parsed;
}

// Of an app that has parsed nothing: another one shows the help of the subcommand that it parsed.
ParsedOptions Help(const CLI::App& app, const std::string& topic) {
  ParsedOptions parsed;
  if (topic.empty()) {
    parsed.text = app.help();
    return parsed;
  }
  const ScannedArguments scanned = ScanArguments(app, {topic});
  if (scanned.subcommand.empty()) return Wrong(scanned, scanned.problem);
  parsed.text = scanned.app->help(app.get_name());
  return parsed;
}

}  // namespace

std::unique_ptr<CLI::App> MakeApp(Options* options) {
  auto app = std::make_unique<CLI::App>(
      "muster runs a command on many hosts over SSH and shows their lines as they come.", "muster");
  app->formatter(std::make_shared<HelpFormat>());
  app->footer(kAskingExitCodes);  // of the subcommands that have no other
  app->require_subcommand(1);
  // Flags may be repeated; a second value is refused before, or adds up (ScanArguments).
  app->option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app->fallthrough();
  app->set_version_flag("--version", absl::StrCat("muster ", kVersion));
  AddConnection(app.get(), options);
  AddDefaultsOptions(app.get());
  AddForeign(app.get(), options);
  AddRun(app.get(), options);
  AddPing(app.get(), options);
  AddShell(app.get(), options);
  AddRerun(app.get(), options);
  AddQueries(app.get(), options);
  AddControls(app.get(), options);
  AddTargets(app.get(), options);
  AddArtifacts(app.get(), options);
  AddDaemon(app.get(), options);
  AddCompletion(app.get(), options);
  AddHelp(app.get(), options);
  app->add_subcommand("version", "Show muster's version")->parse_complete_callback([options] {
    options->subcommand = Subcommand::kVersion;
  });
  app->footer(absl::StrCat(kFooter, kExitCodesText));
  return app;
}

ParsedOptions ParseOptions(int argc, const char* const* argv) {
  ParsedOptions parsed;
  const std::string program = ForeignProgram(argc, argv);
  if (!program.empty()) {
    const absl::string_view first = argc > 1 ? argv[1] : "";
    const int named = first == "--as" ? 3 : absl::StartsWith(first, "--as=") ? 2 : 1;
    return ParseForeign(program, {argv + std::min(named, argc), argv + argc});
  }
  if (argc > 1 && absl::string_view(argv[1]) == kCompleteCommand) {
    parsed.options.subcommand = Subcommand::kComplete;
    parsed.options.command.assign(argv + 2, argv + argc);
    parsed.run = true;
    return parsed;
  }
  const std::unique_ptr<CLI::App> app = MakeApp(&parsed.options);
  ScannedArguments scanned = ScanArguments(*app, {argv + std::min(argc, 1), argv + argc});
  if (!scanned.problem.empty()) return Wrong(scanned, scanned.problem);
  const absl::Status defaults = AddDefaults(*app, &scanned);
  if (!defaults.ok()) return Wrong(scanned, defaults.message());
  try {
    app->parse(std::vector<std::string>(scanned.words.rbegin(), scanned.words.rend()));
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream out;
    app->exit(success, out, out);
    parsed.text = out.str();
    return parsed;
  } catch (const CLI::ParseError& error) {
    return Wrong(scanned, ProblemOf(error, *app, scanned));
  }
  if (parsed.options.subcommand == Subcommand::kHelp) {
    Options unused;
    return Help(*MakeApp(&unused), parsed.options.help_topic);
  }
  if (!parsed.options.as.empty()) {
    return Wrong(scanned, "--as has to be the first argument: muster --as pdsh -w web1 uptime");
  }
  if (parsed.options.regex && parsed.options.grep.empty()) {
    return Wrong(scanned, "--regex says how --grep is meant; give that, too");
  }
  if (!scanned.command.empty()) parsed.options.command = std::move(scanned.command);
  if (parsed.options.subcommand == Subcommand::kRun && parsed.options.command.empty() &&
      parsed.options.script.empty()) {
    return Wrong(scanned,
                 "there is no command; it goes behind the options, as with ssh: muster run -t "
                 "'web[1-3]' -- uptime");
  }
  if (parsed.options.subcommand == Subcommand::kRemoveArtifacts && parsed.options.command.empty()) {
    return Wrong(scanned, "NAME is missing: of which artifacts");
  }
  parsed.run = true;
  return parsed;
}

}  // namespace muster::client
