// muster artifacts.
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

constexpr char kArtifactsText[] = R"(
An artifact is a file that musterd keeps under a name, for runs whose commands read it. You see your own
alone. One that is whole never changes: another one has another name, such as that of its version.

Examples:
  muster artifacts put app-1.2.tar build/app.tar
  muster run -t 'web[01-20]' --input-artifact app-1.2.tar -- tar x -C /srv
  muster rerun last --failed
  muster artifacts rm app-1.2.tar

muster artifacts put --help has the rest of it.)";

constexpr char kPutText[] = R"(
Prints how many bytes the artifact has, and their SHA-256, as sha256sum has it. Where it is interrupted, or
the daemon goes away for longer than --reconnect, the same command goes on after what is there already; what
is not whole is removed after a day. Where the artifact is there, and is the same, that is success.

Examples:
  muster artifacts put app-1.2.tar build/app.tar
  tar c conf | muster artifacts put conf-7

Exit codes: 0 it is there, whole; 2 wrong use, FILE cannot be read, there is one of this name that has
other bytes, or musterd has no room; 4 denied; 6 standard output could not be written; 7 musterd could not
be reached; 130 interrupted.)";

constexpr char kListText[] = R"(
By name, with how many bytes are there, when the last of them came, and their SHA-256 where it is whole.
Exit codes: 0 done; 2 wrong use; 4 denied; 6 standard output could not be written; 7 musterd could not be
reached.)";

constexpr char kRemoveText[] = R"(
Runs that use it have it to their end; those that begin, are rerun or are continued later do not.
Exit codes: 0 done; 2 there is none of one of these names; 4 denied; 6 standard output could not be
written; 7 musterd could not be reached.)";

CLI::App* AddAction(CLI::App* artifacts, Options* options, Subcommand subcommand,
                    const std::string& name, const std::string& what) {
  CLI::App* action = artifacts->add_subcommand(name, what);
  action->parse_complete_callback([options, subcommand] { options->subcommand = subcommand; });
  return action;
}

void AddPut(CLI::App* artifacts, Options* options) {
  CLI::App* put = AddAction(artifacts, options, Subcommand::kPutArtifact, "put",
                            "Bring a file, or what comes on standard input, to musterd");
  put->add_option("name", options->artifact,
                  "What it is called: letters, digits, '.', '_' and '-', not first a '.'; at most "
                  "128")
      ->required()
      ->type_name("NAME");
  put->add_option("file", options->artifact_file, "What it holds; - or none: standard input")
      ->type_name("FILE");
  put->add_flag("--json", options->json, "Print the artifact as JSON");
  put->footer(kPutText);
}

void AddList(CLI::App* artifacts, Options* options) {
  CLI::App* list = AddAction(artifacts, options, Subcommand::kListArtifacts, "list",
                             "Show which artifacts you have");
  list->add_flag("--json", options->json, "One artifact in each line, as JSON");
  list->footer(kListText);
}

void AddRemove(CLI::App* artifacts, Options* options) {
  CLI::App* remove =
      AddAction(artifacts, options, Subcommand::kRemoveArtifacts, "rm", "Remove artifacts");
  remove->footer(kRemoveText);
  // For the help; ScanArguments takes its words.
  remove->add_option("names", options->command, "Which")->type_name("NAME");
}

}  // namespace

void AddArtifacts(CLI::App* app, Options* options) {
  CLI::App* artifacts =
      app->add_subcommand("artifacts", "Keep files with musterd, for commands to read");
  artifacts->require_subcommand(1);
  artifacts->footer(kArtifactsText);
  AddPut(artifacts, options);
  AddList(artifacts, options);
  AddRemove(artifacts, options);
}

}  // namespace muster::client
