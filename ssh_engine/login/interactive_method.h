// "keyboard-interactive": RFC 4256.
#ifndef SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_
#define SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"

namespace muster::engine {

// Answers what the server asks: by the credential's answers, and by its password, unless that was
// refused before. Once.
class InteractiveMethod final : public LoginMethod {
 public:
  // All of these outlive this.
  InteractiveMethod(SshTransport* transport, const Credential* credential, LoginReport* report)
      : transport_(transport), credential_(credential), report_(report) {}

  bool HasNext(absl::string_view methods) const override {
    return !asked_ && (HasPassword() || !credential_->answers.empty()) &&
           Takes(methods, kKeyboardInteractive);
  }
  bool NeedsMethods() const override { return true; }
  absl::optional<AuthStep> Offer() override {
    return transport_->AuthenticateByAnswers(HasPassword() ? credential_->password.get() : nullptr,
                                             credential_->answers);
  }
  void Note(AuthStep answer) override;
  std::string offered() const override;

 private:
  bool HasPassword() const {
    return credential_->password != nullptr && !report_->password_refused;
  }

  SshTransport* const transport_;
  const Credential* const credential_;
  LoginReport* const report_;
  bool asked_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_INTERACTIVE_METHOD_H_
