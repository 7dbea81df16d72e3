// "none": RFC 4252, 5.2.
#ifndef SSH_ENGINE_LOGIN_NONE_METHOD_H_
#define SSH_ENGINE_LOGIN_NONE_METHOD_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"

namespace muster::engine {

// Asks to be let in with nothing but the user's name: some servers know their users by other means,
// and some users have an empty password. After the keys, so that who has one pays no round trip for
// it. Where there is a password or an answer it comes before that, and unless it is a method that
// was asked for, only to learn how the server wants to be given it: sshd does not count what is
// asked first.
class NoneMethod final : public LoginMethod {
 public:
  enum class Use { kAlways, kIfNothingElse, kToLearn };

  // Both outlive this.
  NoneMethod(SshTransport* transport, const LoginReport* report, Use use)
      : transport_(transport), report_(report), use_(use) {}

  bool HasNext(absl::string_view) const override {
    const bool wanted = use_ == Use::kAlways || (use_ == Use::kIfNothingElse && !HasSecret());
    return wanted && MayLearn();
  }
  // Whether the server can be asked for its methods by it.
  bool MayLearn() const { return !asked_ && report_->taken.empty(); }
  absl::optional<AuthStep> Offer() override { return transport_->AuthenticateWithoutKey(); }
  void Note(AuthStep) override { asked_ = true; }
  std::string offered() const override { return ""; }

 private:
  bool HasSecret() const { return report_->has_password || report_->has_answers; }

  SshTransport* const transport_;
  const LoginReport* const report_;
  const Use use_;
  bool asked_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_NONE_METHOD_H_
