#include "service/command_line.h"

#include <algorithm>
#include <map>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "service/run_limits.h"

namespace muster::service {
namespace {

bool IsPlain(absl::string_view text) {
  const auto plain = [](char c) {
    return absl::ascii_isalnum(c) ||
           absl::string_view("_-./:,+@%=").find(c) != absl::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

bool IsVariableName(absl::string_view name) {
  const auto letter = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(name.front()) &&
         std::all_of(name.begin(), name.end(), letter);
}

absl::StatusOr<std::string> Exports(const v1::Command& command) {
  // Sorted, so that the same specification makes the same line.
  const std::map<std::string, std::string> variables(command.environment().begin(),
                                                     command.environment().end());
  std::string line;
  for (const auto& variable : variables) {
    if (!IsVariableName(variable.first)) {
      return absl::InvalidArgumentError(
          absl::StrCat("environment: \"", variable.first,
                       "\" is no name of a variable ([A-Za-z_][A-Za-z0-9_]*)"));
    }
    absl::StrAppend(&line, line.empty() ? "export " : " ", variable.first, "=",
                    QuoteForShell(variable.second));
  }
  if (!line.empty()) absl::StrAppend(&line, "; ");
  return line;
}

std::string Arguments(const v1::Argv& argv) {
  std::string line;
  for (const std::string& argument : argv.arguments()) {
    absl::StrAppend(&line, line.empty() ? "" : " ", QuoteForShell(argument));
  }
  return line;
}

}  // namespace

std::string QuoteForShell(absl::string_view text) {
  if (IsPlain(text)) return std::string(text);
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<std::string> CommandLine(const v1::Command& command) {
  const std::string line =
      command.form_case() == v1::Command::kArgv ? Arguments(command.argv()) : command.shell();
  if (absl::StripAsciiWhitespace(line).empty()) {
    return absl::InvalidArgumentError("command: there is none");
  }
  absl::StatusOr<std::string> exports = Exports(command);
  if (!exports.ok()) return exports;
  absl::StrAppend(&*exports, line);
  if (exports->find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("command: it holds a NUL, which no shell can take");
  }
  if (exports->size() > kMaxCommandBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "command: ", exports->size(), " bytes with its environment; at most ", kMaxCommandBytes));
  }
  return exports;
}

}  // namespace muster::service
