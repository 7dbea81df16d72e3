#include "service/prepare/placeholders.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "service/prepare/quote_state.h"
#include "service/prepare/shell_words.h"

namespace muster::service {
namespace {

constexpr absl::string_view kVars = "vars.";

bool IsNameByte(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.'; }

// "NAME" where `text` begins with "{NAME}"; else empty.
absl::string_view NameAt(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "{") || text.empty() || absl::ascii_isdigit(text.front())) {
    return "";
  }
  const size_t size = std::find_if_not(text.begin(), text.end(), IsNameByte) - text.begin();
  return size < text.size() && text[size] == '}' ? text.substr(0, size) : "";
}

bool IsPlaceholder(absl::string_view name) {
  if (absl::ConsumePrefix(&name, kVars)) {
    return !name.empty() && !absl::ascii_isdigit(name.front()) && !absl::StrContains(name, '.');
  }
  return name == "host" || name == "user" || name == "port" || name == "index";
}

absl::Status Unknown(absl::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"{", name,
                   "}\" is no placeholder: those are {host}, {user}, {port}, {index} and "
                   "{vars.NAME}; a \"{\" that is meant as it is is written \"{{\""));
}

// `in_shell`: what follows a "$" is no placeholder.
absl::StatusOr<std::vector<TextPart>> Split(absl::string_view text, bool in_shell) {
  std::vector<TextPart> parts;
  std::string plain;
  for (size_t at = 0; at < text.size();) {
    const bool of_shell = in_shell && at > 0 && text[at - 1] == '$';
    const absl::string_view name = of_shell ? "" : NameAt(text.substr(at));
    if (name.empty()) {
      plain.push_back(text[at]);
      at += !of_shell && absl::StartsWith(text.substr(at), "{{") ? 2 : 1;
      continue;
    }
    if (!IsPlaceholder(name)) return Unknown(name);
    if (!plain.empty()) parts.push_back({std::exchange(plain, ""), ""});
    parts.push_back({"", std::string(name)});
    at += name.size() + 2;
  }
  if (!plain.empty()) parts.push_back({std::move(plain), ""});
  return parts;
}

absl::Status Uncertain(const std::string& placeholder) {
  return absl::InvalidArgumentError(absl::StrCat(
      "{", placeholder,
      "} stands where login shells differ in what is quoted: behind a \\, a `, a comment, <<, $' "
      "or \"$(...)\". Write it before that, or give arguments instead of a line (--argv)"));
}

// In quotes of its own, whatever it stands in.
std::string AsPart(const std::string& word, Quoting quoting) {
  if (quoting == Quoting::kSingle) return absl::StrCat("'", word, "'");
  return quoting == Quoting::kDouble ? absl::StrCat("\"", word, "\"") : word;
}

std::string Word(const std::string& placeholder) {
  return absl::StrCat("\"$", VariableOf(placeholder), "\"");
}

void AddNames(const absl::StatusOr<std::vector<TextPart>>& parts, std::set<std::string>* names) {
  if (!parts.ok()) return;
  for (const TextPart& part : *parts) {
    if (!part.placeholder.empty()) names->insert(part.placeholder);
  }
}

}  // namespace

absl::StatusOr<std::vector<TextPart>> PartsOf(const v1::Command& command, const std::string& text) {
  if (command.placeholders()) return Split(text, /*in_shell=*/false);
  return std::vector<TextPart>({{text, ""}});
}

std::string QuoteParts(const std::vector<TextPart>& parts) {
  if (parts.empty()) return QuoteForShell("");
  std::string word;
  for (const TextPart& part : parts) {
    absl::StrAppend(&word,
                    part.placeholder.empty() ? QuoteForShell(part.text) : Word(part.placeholder));
  }
  return word;
}

absl::StatusOr<std::string> ShellLine(const v1::Command& command) {
  if (!command.placeholders()) return command.shell();
  const absl::StatusOr<std::vector<TextPart>> parts = Split(command.shell(), /*in_shell=*/true);
  if (!parts.ok()) return parts.status();
  std::string text;
  QuoteState state;
  for (const TextPart& part : *parts) {
    for (const char c : part.text) state.Read(c);
    if (part.placeholder.empty()) {
      absl::StrAppend(&text, part.text);
    } else if (state.quoting() == Quoting::kUncertain) {
      return Uncertain(part.placeholder);
    } else {
      absl::StrAppend(&text, AsPart(Word(part.placeholder), state.quoting()));
      state.Read('x');
    }
  }
  return text;
}

std::set<std::string> PlaceholdersOf(const v1::Command& command) {
  std::set<std::string> names;
  if (!command.placeholders()) return names;
  AddNames(Split(command.shell(), /*in_shell=*/true), &names);
  AddNames(Split(command.working_directory(), /*in_shell=*/false), &names);
  for (const auto* arguments : {&command.argv().arguments(), &command.script().arguments()}) {
    for (const std::string& argument : *arguments) {
      AddNames(Split(argument, /*in_shell=*/false), &names);
    }
  }
  return names;
}

std::string VariableOf(const std::string& placeholder) {
  return absl::StrCat(kOwnVariables, absl::StrReplaceAll(placeholder, {{".", "_"}}));
}

absl::StatusOr<std::string> ValueOf(const std::string& placeholder, const v1::RunHost& host,
                                    uint32_t index) {
  if (placeholder == "host") return host.name();
  if (placeholder == "user") return host.user();
  if (placeholder == "port") return absl::StrCat(host.port());
  if (placeholder == "index") return absl::StrCat(index);
  const auto& variables = host.variables().values();
  const auto it = variables.find(std::string(absl::StripPrefix(placeholder, kVars)));
  if (it != variables.end()) return it->second;
  return absl::InvalidArgumentError(absl::StrCat(
      "{", placeholder, "}: ", host.name(),
      " has no such variable; those count that come with the host in a request, and not "
      "an inventory's"));
}

}  // namespace muster::service
