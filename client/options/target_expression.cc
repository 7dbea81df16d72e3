#include "client/options/target_expression.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "client/text/read_file.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

// What the service takes (TargetSpec.expression).
constexpr size_t kMaxBytes = 64 * 1024;

using Expressions = std::vector<std::string>;

absl::Status Problem(absl::string_view option, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(option, ": ", status.message()));
}

bool IsFile(absl::string_view given) { return given == "-" || absl::StartsWith(given, "@@"); }

void AddLines(absl::string_view text, Expressions* expressions) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");  // a byte order mark
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::string_view said =
        absl::StripAsciiWhitespace(line.substr(0, std::min(line.find('#'), line.size())));
    if (!said.empty()) expressions->emplace_back(said);
  }
}

absl::Status Add(absl::string_view option, const std::string& given, Expressions* expressions) {
  if (!IsFile(given)) {
    if (absl::StripAsciiWhitespace(given).empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, ": it is empty, and names no host; is a variable not set?"));
    }
    expressions->push_back(given);
    return absl::OkStatus();
  }
  const absl::StatusOr<std::string> text = ReadFile(given == "-" ? given : given.substr(2));
  if (!text.ok()) return Problem(option, text.status());
  AddLines(*text, expressions);
  return absl::OkStatus();
}

absl::StatusOr<Expressions> ReadAll(absl::string_view option, const std::vector<std::string>& all) {
  Expressions expressions;
  for (const std::string& given : all) {
    const absl::Status status = Add(option, given, &expressions);
    if (!status.ok()) return status;
  }
  return expressions;
}

// Operators are taken from left to right: behind another expression, one with some of its own has
// to be kept together.
std::string Kept(absl::string_view expression, absl::string_view operators) {
  if (expression.find_first_of(operators) == absl::string_view::npos) {
    return std::string(expression);
  }
  return absl::StrCat("(", expression, ")");
}

std::string Join(const Expressions& targets) {
  std::string joined = targets.front();
  for (size_t i = 1; i < targets.size(); ++i) {
    absl::StrAppend(&joined, ",", Kept(targets[i], "!&^"));
  }
  // Names one by one are long; what has operators is no name.
  const bool names = joined.find_first_of("!&^ \t(") == std::string::npos;
  return joined.size() > kMaxBytes && names ? FoldNodeSet(targets) : joined;
}

// "-" given twice would be empty the second time.
absl::Status CheckStandardInput(const Expressions& targets, const Expressions& exclude) {
  int reads = 0;
  for (const Expressions* all : {&targets, &exclude}) {
    for (const std::string& given : *all) reads += given == "-";
  }
  if (reads <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError("\"-\": standard input can be read once only");
}

}  // namespace

absl::StatusOr<std::string> TargetExpression(const std::vector<std::string>& targets,
                                             const std::vector<std::string>& exclude) {
  const absl::Status once = CheckStandardInput(targets, exclude);
  if (!once.ok()) return once;
  const absl::StatusOr<Expressions> wanted = ReadAll("--targets", targets);
  if (!wanted.ok()) return wanted.status();
  if (wanted->empty()) {
    if (targets.empty()) {
      return absl::InvalidArgumentError(
          "no targets: say which hosts, such as -t 'web[1-3]' or -t @web");
    }
    return absl::InvalidArgumentError(absl::StrCat("--targets: ", absl::StrJoin(targets, ", "),
                                                   " names no host; write one in each line"));
  }
  const absl::StatusOr<Expressions> unwanted = ReadAll("--exclude", exclude);
  if (!unwanted.ok()) return unwanted.status();
  std::string expression = Join(*wanted);
  for (const std::string& host : *unwanted) {
    absl::StrAppend(&expression, "!", Kept(host, ",!&^ \t"));
  }
  return expression;
}

}  // namespace muster::client
