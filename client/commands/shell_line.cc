#include "client/commands/shell_line.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster::client {

const char kShellCommandsText[] =
    R"(A line is run on all hosts at once, each time by a new login shell there. Ctrl-C cancels it.
  :hosts           how each host stands after the last line
  :targets [EXPR]  which hosts there are; with EXPR: choose others
  :only EXPR       keep of them those that are in EXPR, too; failed: that did not succeed; unreached
  :drop EXPR       leave these out; failed and unreached as with :only
  :help            this
  :quit            leave, as exit and Ctrl-D do
A line that begins with a blank is not kept in the history.
)";

namespace {

using Kind = ShellLine::Kind;

struct Command {
  const char* name;
  Kind kind;
  enum { kNone, kMay, kMust } argument;
};
constexpr Command kCommands[] = {
    {":drop", Kind::kDrop, Command::kMust},   {":help", Kind::kHelp, Command::kNone},
    {":hosts", Kind::kHosts, Command::kNone}, {":only", Kind::kOnly, Command::kMust},
    {":quit", Kind::kQuit, Command::kNone},   {":targets", Kind::kTargets, Command::kMay},
};

// What changes the shell that it is read by, which is another one for the next line.
struct Lasting {
  const char* word;
  const char* instead;
};
constexpr Lasting kLasting[] = {
    {"cd", "write cd DIR && COMMAND, or begin with muster shell --chdir DIR"},
    {"pushd", "write cd DIR && COMMAND"},
    {"export", "write NAME=VALUE COMMAND, or begin with muster shell -e NAME=VALUE"},
    {"umask", "write umask MASK; COMMAND, or begin with muster shell --umask MASK"},
    {"alias", "write the command itself"},
};

ShellLine Own(absl::string_view name, absl::string_view argument) {
  for (const Command& command : kCommands) {
    if (name != command.name) continue;
    if (command.argument == Command::kNone && !argument.empty()) {
      return {Kind::kWrong, absl::StrCat(name, " stands alone")};
    }
    if (command.argument == Command::kMust && argument.empty()) {
      return {Kind::kWrong, absl::StrCat(name,
                                         ": which hosts? An expression, such as web[1-3] or "
                                         "@web, or failed, or unreached")};
    }
    return {command.kind, std::string(argument)};
  }
  return {Kind::kWrong,
          absl::StrCat("there is no ", name, "; there are ", absl::StrJoin(ShellCommands(), ", "))};
}

}  // namespace

ShellLine ReadShellLine(absl::string_view line) {
  const absl::string_view said = absl::StripAsciiWhitespace(line);
  if (said.empty() || said[0] == '#') return {};
  const size_t end = std::min(said.find_first_of(" \t"), said.size());
  const absl::string_view word = said.substr(0, end);
  const absl::string_view rest = absl::StripLeadingAsciiWhitespace(said.substr(end));
  if (word.size() > 1 && word[0] == ':' && absl::ascii_isalpha(word[1])) return Own(word, rest);
  if (said == "exit" || said == "quit" || said == "logout") return {Kind::kQuit, ""};
  // With more in the line than one command it may have an effect.
  if (said.find_first_of(";&|<>(`\n") == said.npos) {
    for (const Lasting& lasting : kLasting) {
      if (word != lasting.word) continue;
      return {Kind::kWrong,
              absl::StrCat(word, " does not last: each line is run by a new shell on ",
                           "the hosts; ", lasting.instead)};
    }
  }
  return {Kind::kRun, std::string(said)};
}

const std::vector<std::string>& ShellCommands() {
  static const auto* const names = [] {
    auto* all = new std::vector<std::string>;
    for (const Command& command : kCommands) all->push_back(command.name);
    return all;
  }();
  return *names;
}

}  // namespace muster::client
