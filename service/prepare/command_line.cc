#include "service/prepare/command_line.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proto/contract/limits.h"
#include "ssh_engine/base/shell_word.h"

namespace muster::service {
namespace {

// csh knows no "export", and goes on after "|| exit" (measured): without this the command would run
// without its environment.
constexpr char kUnlessExported[] =
    " || exec /bin/sh -c 'echo muster: the login shell cannot export variables, it has to be a "
    "POSIX "
    "shell or fish >&2; exit 126'; ";

bool IsPlainByte(char c) { return absl::ascii_isalnum(c) || absl::StrContains("_-./:,+@%=", c); }

// zsh takes a word that begins with '=' for a program's path, csh and fish one with '%' for a job.
bool IsPlain(absl::string_view text) {
  return !text.empty() && text.front() != '=' && text.front() != '%' &&
         std::all_of(text.begin(), text.end(), IsPlainByte);
}

// What is no program's name to some shell where a command begins: assignments, csh's '@', and words
// of the shells' grammars (sh, bash, zsh, csh, fish).
bool IsPlainProgram(absl::string_view text) {
  static const auto* const kReserved = new absl::flat_hash_set<absl::string_view>(
      {"and",     "begin",    "breaksw", "case",   "coproc", "default",   "do",     "done",
       "elif",    "else",     "end",     "endif",  "endsw",  "esac",      "fi",     "for",
       "foreach", "function", "goto",    "if",     "in",     "nocorrect", "noglob", "not",
       "or",      "repeat",   "select",  "switch", "then",   "time",      "until",  "while"});
  return IsPlain(text) && text.find_first_of("=@%") == absl::string_view::npos &&
         !kReserved->contains(text);
}

bool IsVariableName(absl::string_view name) {
  const auto letter = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(name.front()) &&
         std::all_of(name.begin(), name.end(), letter);
}

std::string Arguments(const v1::Argv& argv) {
  std::string line;
  for (const std::string& argument : argv.arguments()) {
    const bool plain = line.empty() ? IsPlainProgram(argument) : IsPlain(argument);
    absl::StrAppend(&line, line.empty() ? "" : " ",
                    plain ? argument : engine::QuotedWord(argument));
  }
  if (!absl::StrContains(line, '\n')) return line;
  // csh takes no newline within quotes: /bin/sh puts them in.
  const std::string script = absl::StrCat("n=$(printf '\\nx'); n=${n%x}; ",
                                          absl::StrReplaceAll(line, {{"\n", "'\"$n\"'"}}));
  return absl::StrCat("/bin/sh -c ", engine::QuotedWord(script));
}

}  // namespace

std::string QuoteForShell(absl::string_view text) {
  return IsPlain(text) ? std::string(text) : engine::QuotedWord(text);
}

std::string ProblemOfVariables(const Variables& variables) {
  for (const auto& variable : variables) {
    if (!IsVariableName(variable.first)) {
      return absl::StrCat("\"", variable.first,
                          "\" is no name of a variable ([A-Za-z_][A-Za-z0-9_]*)");
    }
    if (absl::StrContains(variable.second, '\0')) {
      return absl::StrCat(variable.first, " holds a NUL, which no shell can take");
    }
  }
  return "";
}

std::string Exports(const Variables& variables) {
  // Sorted, so that the same specification makes the same line.
  const std::map<std::string, std::string> sorted(variables.begin(), variables.end());
  std::string line;
  for (const auto& variable : sorted) {
    absl::StrAppend(&line, line.empty() ? "export " : " ", variable.first, "=",
                    QuoteForShell(variable.second));
  }
  if (!line.empty()) absl::StrAppend(&line, kUnlessExported);
  return line;
}

absl::StatusOr<std::string> CommandLine(const v1::Command& command) {
  const std::string line =
      command.form_case() == v1::Command::kArgv ? Arguments(command.argv()) : command.shell();
  if (absl::StripAsciiWhitespace(line).empty()) {
    return absl::InvalidArgumentError(
        "command: it is empty; name what is to run, such as \"uptime\"");
  }
  const std::string environment = ProblemOfVariables(command.environment());
  if (!environment.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("environment: ", environment));
  }
  if (absl::StrContains(line, '\0')) {
    return absl::InvalidArgumentError("command: it holds a NUL, which no shell can take");
  }
  std::string whole = absl::StrCat(Exports(command.environment()), line);
  if (whole.size() <= kMaxCommandBytes) return whole;
  return absl::InvalidArgumentError(absl::StrCat(
      "command: ", whole.size(), " bytes with its environment; at most ", kMaxCommandBytes,
      ", as Linux hands no longer one to a shell: put it into a file on the hosts, and run that"));
}

}  // namespace muster::service
