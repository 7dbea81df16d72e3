// "password": RFC 4252, 8.
#ifndef SSH_ENGINE_LOGIN_PASSWORD_METHOD_H_
#define SSH_ENGINE_LOGIN_PASSWORD_METHOD_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"

namespace muster::engine {

// Offers the credential's password, once: servers lock out who guesses.
class PasswordMethod final : public LoginMethod {
 public:
  // All of these outlive this.
  PasswordMethod(SshTransport* transport, const Credential* credential, LoginReport* report)
      : transport_(transport), credential_(credential), report_(report) {}

  bool HasNext(absl::string_view methods) const override {
    return !offered_ && credential_->password != nullptr && !report_->password_refused &&
           Takes(methods, kPasswordMethod);
  }
  bool NeedsMethods() const override { return true; }
  absl::optional<AuthStep> Offer() override {
    return transport_->AuthenticateByPassword(credential_->password->get());
  }
  void Note(AuthStep answer) override;
  std::string offered() const override { return kThePassword; }

 private:
  SshTransport* const transport_;
  const Credential* const credential_;
  LoginReport* const report_;
  bool offered_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_PASSWORD_METHOD_H_
