#include "ssh_engine/login/interactive_method.h"

namespace muster::engine {

void InteractiveMethod::Note(AuthStep answer) {
  const std::string name = offered();
  asked_ = true;
  // A server that asks nothing has refused nothing.
  const bool was_asked = answer != AuthStep::kUnproven || !transport_->question().empty();
  report_->password_used = report_->password_used || (was_asked && HasPassword());
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
      report_->password_refused = report_->password_refused || HasPassword();
      report_->refused_others.push_back(name);
  }
}

std::string InteractiveMethod::offered() const {
  if (credential_->answers.empty()) return kThePassword;
  return HasPassword() ? kPasswordAndAnswers : kTheAnswers;
}

}  // namespace muster::engine
