// Answers to questions of keyboard-interactive, as files hold them.
#ifndef PROTO_CONTRACT_ANSWERS_TEXT_H_
#define PROTO_CONTRACT_ANSWERS_TEXT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster {

// Lines "QUESTION = ANSWER", of which QUESTION is a part of the question (v1.Answer), without
// blanks around either; empty lines and those that begin with "#" are left out. INVALID_ARGUMENT
// names the line, and never what is in it: none, too many, too long, or not of this form.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>> ParseAnswers(
    absl::string_view text);

}  // namespace muster

#endif  // PROTO_CONTRACT_ANSWERS_TEXT_H_
