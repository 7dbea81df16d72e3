#include "client/commands/answers.h"

#include <openssl/crypto.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/commands/secret_prompt.h"
#include "client/commands/secret_rules.h"
#include "client/options/secret_file.h"
#include "proto/contract/answers_text.h"
#include "proto/contract/visible_text.h"

namespace muster::client {
namespace {

constexpr char kFile[] = "--answers-file";
constexpr char kAsk[] = "--ask-answer";

absl::StatusOr<LoginAnswers> ReadFile(const std::string& path) {
  ForbidLookingIn();
  absl::StatusOr<std::string> text = ReadSecretFile(path);
  if (!text.ok()) return InvalidSecret(kFile, text.status().message());
  absl::StatusOr<LoginAnswers> answers = ParseAnswers(*text);
  OPENSSL_cleanse(&(*text)[0], text->size());
  if (!answers.ok()) {
    return InvalidSecret(kFile, absl::StrCat(path, ": ", answers.status().message()));
  }
  return answers;
}

absl::Status Ask(const std::string& question, LoginAnswers* answers) {
  if (question.empty()) return InvalidSecret(kAsk, "it names no question");
  absl::StatusOr<std::string> answer = AskSecret(
      absl::StrCat("Answer to \"", Visible(question), "\""), kAsk, "use --answers-file FILE");
  if (!answer.ok()) return answer.status();
  const absl::Status valid = CheckSecret(kAsk, "answer", *answer);
  if (!valid.ok()) return valid;
  answers->emplace_back(question, *std::move(answer));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoginAnswers> FindAnswers(const Options& options, const ServerAddress& server) {
  LoginAnswers answers;
  if (options.answers_file.empty() && options.asked_answers.empty()) return answers;
  const char* const source = options.answers_file.empty() ? kAsk : kFile;
  const absl::Status wanted = CheckSecretServer(source, "answer", server);
  if (!wanted.ok()) return wanted;
  for (const std::string& question : options.asked_answers) {
    const absl::Status asked = Ask(question, &answers);
    if (!asked.ok()) return asked;
  }
  if (options.answers_file.empty()) return answers;
  absl::StatusOr<LoginAnswers> of_file = ReadFile(options.answers_file);
  if (!of_file.ok()) return of_file;
  for (auto& answer : *of_file) answers.push_back(std::move(answer));
  return answers;
}

}  // namespace muster::client
