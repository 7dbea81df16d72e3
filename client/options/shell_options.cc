// muster shell.
#include <string>

#include "absl/strings/str_cat.h"
#include "client/options/option_groups.h"

namespace muster::client {
namespace {

constexpr char kShellText[] = R"(
Each line that is typed is run on all hosts, as muster run does it, and hosts that ended alike are
shown once, together (--fold=false: lines as they come). Sessions stay open from one line to the
next. A line is read by a new login shell on each host: what cd or export change ends with it; its
standard input is empty. Hosts that did not succeed are named, with the reason, and have a part in
the next line.

Ctrl-C cancels the line that runs, a second one leaves; Ctrl-D, exit and :quit leave. Passphrases
and passwords are asked for once. The shell's own commands begin with a colon (:hosts, :targets,
:only, :drop), :help tells of them. Tab completes these and their targets, Ctrl-R finds earlier lines,
which are kept in ~/.local/state/muster/shell_history ($XDG_STATE_HOME), unless they begin with a
blank.

Where standard input is no terminal each line of it is run, one after the other, whatever came of
those before; the exit code is the last one's. A line that the shell itself refuses, such as :only
with hosts that there are not, ends it.

)";

constexpr char kShellExamples[] = R"help(

Examples:
  muster shell -t 'web[01-20]'
  muster shell -t @db -I hosts.yaml --become --ask-become-password
  muster shell -t 'web[01-20]' -q < checks.txt)help";

// What shows lines rather than groups.
constexpr const char* kLines[] = {"--json", "--no-prefix", "--timestamps", "--sort", "--partial"};

bool WantsGroups(const CLI::App& shell, const Options& options) {
  if (shell.get_option("--fold")->count() > 0) return options.fold;
  for (const char* option : kLines) {
    if (shell.get_option(option)->count() > 0) return false;
  }
  return true;
}

}  // namespace

void AddShell(CLI::App* app, Options* options) {
  CLI::App* shell = app->add_subcommand("shell", "Type lines, and see what each does on all hosts");
  shell->footer(absl::StrCat(kShellText, kExitCodesText, kShellExamples));
  AddTargetOptions(shell, options);
  shell->get_option("--targets")->required();
  for (const char* hosts : {"--targets", "--exclude"}) {
    shell->get_option(hosts)->check([](const std::string& text) {
      return text == "-" ? "standard input has the shell's lines; name a file: @@FILE" : "";
    });
  }
  AddLoginOptions(shell, options);
  AddBecomeOptions(shell, options);
  AddLimitOptions(shell, options);
  AddInFlight(shell, options);
  shell->option_defaults()->group("The lines");
  AddEnvironment(shell, options);
  AddPlace(shell, options);
  AddLookOptions(shell, options);
  shell->parse_complete_callback([options, shell] {
    options->subcommand = Subcommand::kShell;
    options->no_stdin = true;  // it has the lines
    options->fold = WantsGroups(*shell, *options);
  });
}

}  // namespace muster::client
