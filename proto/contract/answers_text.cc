#include "proto/contract/answers_text.h"

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/contract/limits.h"

namespace muster {
namespace {

using Pair = std::pair<std::string, std::string>;

// "": there is none.
std::string ProblemOf(absl::string_view question, absl::string_view answer) {
  if (question.empty() || answer.empty()) return "one side of the = is empty";
  if (question.size() > kMaxQuestionBytes) {
    return absl::StrCat("the question has more than ", kMaxQuestionBytes, " bytes");
  }
  if (answer.size() > kMaxPasswordBytes) {
    return absl::StrCat("the answer has more than ", kMaxPasswordBytes, " bytes");
  }
  return absl::StrContains(answer, '\0') ? "the answer has a NUL byte" : "";
}

absl::StatusOr<Pair> ParseLine(absl::string_view line) {
  const size_t equals = line.find('=');
  if (equals == absl::string_view::npos) {
    return absl::InvalidArgumentError("it is not of the form QUESTION = ANSWER");
  }
  const absl::string_view question = absl::StripAsciiWhitespace(line.substr(0, equals));
  const absl::string_view answer = absl::StripAsciiWhitespace(line.substr(equals + 1));
  const std::string problem = ProblemOf(question, answer);
  if (!problem.empty()) return absl::InvalidArgumentError(problem);
  return Pair(question, answer);
}

}  // namespace

absl::StatusOr<std::vector<Pair>> ParseAnswers(absl::string_view text) {
  std::vector<Pair> answers;
  int number = 0;
  for (const absl::string_view raw : absl::StrSplit(text, '\n')) {
    ++number;
    const absl::string_view line = absl::StripAsciiWhitespace(raw);
    if (line.empty() || line.front() == '#') continue;
    absl::StatusOr<Pair> answer = ParseLine(line);
    if (!answer.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", answer.status().message()));
    }
    answers.push_back(*std::move(answer));
  }
  if (answers.empty()) return absl::InvalidArgumentError("no line is QUESTION = ANSWER");
  if (answers.size() <= kMaxAnswers) return answers;
  return absl::InvalidArgumentError(
      absl::StrCat(answers.size(), " answers; at most ", kMaxAnswers));
}

}  // namespace muster
