#include "ssh_engine/login/interactive_method.h"

namespace muster::engine {

void InteractiveMethod::Note(AuthStep answer) {
  const std::string name = offered();
  const bool gave_password = transport_->answered().by_password;
  asked_ = true;
  // One who asks for what there is not may take a password, too.
  const bool asks_more = answer == AuthStep::kUnproven && !transport_->question().empty();
  report_->password_used |= gave_password || (asks_more && HasPassword());
  switch (answer) {
    case AuthStep::kAccepted:
      break;
    case AuthStep::kPartial:
      report_->taken.push_back(name);
      break;
    case AuthStep::kUnproven:
      report_->question = transport_->question();
      break;
    default:
      report_->password_refused |= gave_password;
      report_->refused_others.push_back(name);
  }
}

std::string InteractiveMethod::offered() const {
  SshTransport::Answered with = transport_->answered();
  if (!with.by_password && !with.by_answers) with = {HasPassword(), !credential_->answers.empty()};
  if (!with.by_answers) return kThePassword;
  return with.by_password ? kPasswordAndAnswers : kTheAnswers;
}

}  // namespace muster::engine
