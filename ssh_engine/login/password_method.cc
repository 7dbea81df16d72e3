#include "ssh_engine/login/password_method.h"

namespace muster::engine {

void PasswordMethod::Note(AuthStep answer) {
  offered_ = true;
  report_->password_used = true;
  switch (answer) {
    case AuthStep::kAccepted:
      break;
    case AuthStep::kPartial:
      report_->taken.push_back(kThePassword);
      break;
    case AuthStep::kExpired:
      report_->password_expired = true;
      break;
    case AuthStep::kUnproven:
      report_->question = transport_->question();
      break;
    default:
      report_->password_refused = true;
      report_->refused_others.push_back(kThePassword);
  }
}

}  // namespace muster::engine
