#include "service/ssh_config/config_line.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace muster::service {
namespace {

constexpr char kBlanks[] = " \t\r\n";
constexpr char kWordEnds[] = " \t\r\n\"=";

// Whether a backslash is dropped before `next`.
bool IsEscaped(char next, char quote) {
  return next == '\'' || next == '"' || next == '\\' || (quote == 0 && next == ' ');
}

bool IsSpace(char c) { return c == ' ' || c == '\t'; }

// From `*at`, which is no blank, to the end of the argument. False: a quote does not end.
bool TakeArgument(absl::string_view text, size_t* at, std::string* argument) {
  char quote = 0;
  for (; *at < text.size(); ++*at) {
    const char c = text[*at];
    if (c == '\\' && *at + 1 < text.size() && IsEscaped(text[*at + 1], quote)) {
      *argument += text[++*at];
    } else if (quote == 0 && IsSpace(c)) {
      return true;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else {
      *argument += c;
    }
  }
  return quote == 0;
}

bool SplitArguments(absl::string_view text, std::vector<std::string>* arguments) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsSpace(text[at])) continue;
    if (text[at] == '#') break;
    arguments->emplace_back();
    if (!TakeArgument(text, &at, &arguments->back())) return false;
  }
  return true;
}

// What remains after the blanks behind a word that ended at `end`.
void SkipBehind(size_t end, std::string* rest) {
  const bool equals = (*rest)[end] == '=';
  size_t next = rest->find_first_not_of(kBlanks, end + 1);
  if (next != std::string::npos && !equals && (*rest)[next] == '=') {
    next = rest->find_first_not_of(kBlanks, next + 1);
  }
  rest->erase(0, next);
}

}  // namespace

absl::optional<std::string> NextWord(absl::optional<std::string>* rest) {
  if (!rest->has_value()) return absl::nullopt;
  std::string& text = **rest;
  const size_t end = text.find_first_of(kWordEnds);
  if (end == std::string::npos) return *std::exchange(*rest, absl::nullopt);
  if (text[end] != '"') {
    std::string word = text.substr(0, end);
    SkipBehind(end, &text);
    return word;
  }
  const size_t close = text.find('"', end + 1);
  if (close == std::string::npos) {
    rest->reset();
    return absl::nullopt;
  }
  std::string word = absl::StrCat(text.substr(0, end), text.substr(end + 1, close - end - 1));
  text.erase(0, text.find_first_not_of(kBlanks, close + 1));
  return word;
}

absl::StatusOr<ConfigLine> SplitConfigLine(absl::string_view line) {
  ConfigLine split;
  // A form feed is taken off at the end of a line, but is no blank.
  const size_t last = line.find_last_not_of(" \t\r\n\f");
  const size_t length = last == absl::string_view::npos ? 1 : last + 1;
  absl::optional<std::string> rest = std::string(line.substr(0, length));
  absl::optional<std::string> keyword = NextWord(&rest);
  if (keyword.has_value() && keyword->empty()) keyword = NextWord(&rest);  // it began with blanks
  if (!keyword.has_value() || keyword->empty() || (*keyword)[0] == '#') return split;
  split.keyword = absl::AsciiStrToLower(*keyword);
  if (!rest.has_value() || rest->empty()) {
    return absl::InvalidArgumentError(absl::StrCat(split.keyword, " has no argument"));
  }
  split.rest = *std::move(rest);
  if (!SplitArguments(split.rest, &split.arguments)) {
    return absl::InvalidArgumentError(absl::StrCat(split.keyword, ": a quote does not end"));
  }
  return split;
}

}  // namespace muster::service
