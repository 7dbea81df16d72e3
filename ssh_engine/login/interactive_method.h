// "keyboard-interactive": RFC 4256.
#ifndef SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_
#define SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/login/password_method.h"

namespace muster::engine {

// Gives the password to a server that takes it as the answer to a question only, as sshd does with
// PAM and PasswordAuthentication no. The same password is not offered in both ways.
class InteractiveMethod final : public PasswordMethod {
 public:
  using PasswordMethod::PasswordMethod;

  bool HasNext(absl::string_view methods) const override {
    return IsLeft() && absl::StrContains(methods, "keyboard-interactive") &&
           !absl::StrContains(methods, "password");
  }
  absl::optional<AuthStep> Offer() override {
    return transport()->AuthenticateByAnswer(password());
  }
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_
