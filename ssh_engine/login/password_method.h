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
class PasswordMethod : public LoginMethod {
 public:
  // All of these outlive this.
  PasswordMethod(SshTransport* transport, const Credential* credential, LoginReport* report)
      : transport_(transport), credential_(credential), report_(report) {
    report_->has_password = credential->password != nullptr;
    report_->password_source = credential->password_source;
  }

  bool HasNext(absl::string_view methods) const override {
    return IsLeft() && Takes(methods, "password");
  }
  absl::optional<AuthStep> Offer() override {
    return transport_->AuthenticateByPassword(password());
  }
  void Note(AuthStep answer) override;
  std::string offered() const override { return kThePassword; }

 protected:
  bool IsLeft() const { return report_->has_password && !report_->password_used; }
  const std::string& password() const { return credential_->password->get(); }
  SshTransport* transport() const { return transport_; }

 private:
  SshTransport* const transport_;
  const Credential* const credential_;
  LoginReport* const report_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_PASSWORD_METHOD_H_
