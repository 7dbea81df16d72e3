#include "service/prepare/command_line.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "service/prepare/line_setup.h"
#include "service/prepare/placeholders.h"
#include "service/prepare/script_line.h"
#include "service/prepare/shell_words.h"

namespace muster::service {
namespace {

using Words = google::protobuf::RepeatedPtrField<std::string>;

bool IsVariableName(absl::string_view name) {
  const auto letter = [](char c) { return absl::ascii_isalnum(c) || c == '_'; };
  return !name.empty() && !absl::ascii_isdigit(name.front()) &&
         std::all_of(name.begin(), name.end(), letter);
}

absl::Status InCommand(const absl::Status& status) {
  return absl::InvalidArgumentError(absl::StrCat("command: ", status.message()));
}

// Each with a blank ahead of it. `begins_line`: the first one is a program.
absl::StatusOr<std::string> QuoteWords(const v1::Command& command, const Words& words,
                                       bool begins_line) {
  std::string line;
  for (const std::string& word : words) {
    const absl::StatusOr<std::vector<TextPart>> parts = PartsOf(command, word);
    if (!parts.ok()) return InCommand(parts.status());
    const bool program =
        begins_line && line.empty() && parts->size() == 1 && parts->front().placeholder.empty();
    absl::StrAppend(&line, " ", program ? QuoteProgram(parts->front().text) : QuoteParts(*parts));
  }
  return line;
}

absl::StatusOr<std::string> ShellForm(const v1::Command& command) {
  absl::StatusOr<std::string> line = ShellLine(command);
  if (!line.ok()) return InCommand(line.status());
  const absl::StatusOr<std::string> setup = SetupOf(command, LineShell::kLogin);
  if (!setup.ok()) return setup;
  return absl::StrCat(*setup, *line);
}

// csh takes no newline within quotes, and fish a quoted "if" for one that is not: /bin/sh does it.
absl::StatusOr<std::string> ArgvForm(const v1::Command& command) {
  const absl::StatusOr<std::string> words = QuoteWords(command, command.argv().arguments(), true);
  if (!words.ok()) return words;
  const absl::StatusOr<std::string> setup = SetupOf(command, LineShell::kPosix);
  if (!setup.ok()) return setup;
  const std::string line = absl::StrCat(*setup, absl::StripLeadingAsciiWhitespace(*words));
  const bool grammar = IsGrammar(command.argv().arguments(0));
  if (grammar || absl::StrContains(line, '\n')) return ForPosixShell(line);
  return absl::StrCat(*SetupOf(command, LineShell::kLogin),
                      absl::StripLeadingAsciiWhitespace(*words));
}

absl::StatusOr<std::string> ScriptForm(const v1::Command& command) {
  const absl::StatusOr<std::string> words =
      QuoteWords(command, command.script().arguments(), false);
  if (!words.ok()) return words;
  const absl::StatusOr<std::string> setup = SetupOf(command, LineShell::kPosix);
  if (!setup.ok()) return setup;
  const absl::StatusOr<std::string> line = ScriptLine(command.script(), *setup, *words);
  if (!line.ok()) return line;
  return absl::StrCat("exec ", ForPosixShell(*line));
}

absl::StatusOr<std::string> LineOf(const v1::Command& command) {
  switch (command.form_case()) {
    case v1::Command::kShell:
      return ShellForm(command);
    case v1::Command::kArgv:
      return ArgvForm(command);
    case v1::Command::kScript:
      return ScriptForm(command);
    case v1::Command::FORM_NOT_SET:
      return std::string();
  }
  return std::string();
}

bool IsEmpty(const v1::Command& command) {
  if (command.has_script()) return command.script().content().empty();
  return command.has_argv() ? command.argv().arguments_size() == 0
                            : absl::StripAsciiWhitespace(command.shell()).empty();
}

// The line of `command` has variables of its own.
absl::Status CheckNames(const v1::Command& command, absl::string_view field,
                        const Variables& variables) {
  if (!command.has_script() && !command.placeholders()) return absl::OkStatus();
  for (const auto& variable : variables) {
    if (!absl::StartsWith(variable.first, kOwnVariables)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(field, ": ", variable.first, ": names that begin with ", kOwnVariables,
                     " are Muster's own where there is a script or a placeholder"));
  }
  return absl::OkStatus();
}

absl::Status CheckEnvironment(const v1::Command& command) {
  const std::string problem = ProblemOfVariables(command.environment());
  if (!problem.empty()) return absl::InvalidArgumentError(absl::StrCat("environment: ", problem));
  return CheckNames(command, "environment", command.environment());
}

// One that begins with a placeholder is taken for what it is on each host: relative ones are told
// by the line itself.
absl::Status CheckFolder(const v1::Command& command, const v1::RunHost& host, uint32_t index) {
  const absl::StatusOr<std::vector<TextPart>> parts = PartsOf(command, command.working_directory());
  if (!parts.ok() || parts->empty() || parts->front().placeholder.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> begin = ValueOf(parts->front().placeholder, host, index);
  if (begin.ok() && absl::StartsWith(*begin, "/")) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("working_directory: it begins with {", parts->front().placeholder,
                   "}, which is not absolute for ", host.name(),
                   "; write ./ ahead of it where it is relative to the user's home"));
}

}  // namespace

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

absl::StatusOr<std::string> CommandLine(const v1::Command& command) {
  if (IsEmpty(command)) {
    return absl::InvalidArgumentError(
        "command: it is empty; name what is to run, such as \"uptime\"");
  }
  const absl::Status environment = CheckEnvironment(command);
  if (!environment.ok()) return environment;
  absl::StatusOr<std::string> line = LineOf(command);
  if (!line.ok()) return line;
  if (absl::StrContains(*line, '\0')) {
    return absl::InvalidArgumentError("command: it holds a NUL, which no shell can take");
  }
  if (line->size() <= kMaxCommandBytes) return line;
  return absl::InvalidArgumentError(absl::StrCat(
      "command: ", line->size(), " bytes with its environment; at most ", kMaxCommandBytes,
      ", as Linux hands no longer one to a shell: send a script (--script), or give it input"));
}

std::shared_ptr<const std::string> PrologueOf(const v1::Command& command) {
  if (!command.has_script()) return nullptr;
  return std::make_shared<const std::string>(command.script().content());
}

PerHost PerHostOf(const v1::RunSpec& spec) {
  PerHost differing = {PlaceholdersOf(spec.command())};
  differing.placeholders.merge(PlaceholdersOf(spec.rollout().probe()));
  return differing;
}

std::string HostPrefix(const PerHost& differing, const v1::RunHost& host, uint32_t index) {
  std::map<std::string, std::string> variables(host.variables().values().begin(),
                                               host.variables().values().end());
  for (const std::string& placeholder : differing.placeholders) {
    variables[VariableOf(placeholder)] = ValueOf(placeholder, host, index).value_or("");
  }
  return Exports(variables, LineShell::kLogin);
}

absl::Status CheckHost(const v1::RunSpec& spec, const PerHost& differing, const v1::RunHost& host,
                       uint32_t index) {
  for (const std::string& placeholder : differing.placeholders) {
    const absl::Status known = ValueOf(placeholder, host, index).status();
    if (!known.ok()) return InCommand(known);
  }
  for (const v1::Command* command : {&spec.command(), &spec.rollout().probe()}) {
    absl::Status fits = CheckFolder(*command, host, index);
    fits.Update(CheckNames(*command, "targets.hosts.variables", host.variables().values()));
    if (!fits.ok()) return fits;
  }
  return absl::OkStatus();
}

}  // namespace muster::service
