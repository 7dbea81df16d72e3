// Logging in (RFC 4252), the server's side.
#ifndef TESTS_SIM_AUTHENTICATION_H_
#define TESTS_SIM_AUTHENTICATION_H_

#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "tests/sim/messages.h"
#include "tests/sim/password_rule.h"
#include "tests/sim/wire.h"

namespace muster::sim {

// Any user and any key will do, or one password. Owned by its connection.
class Authentication {
 public:
  enum class Result { kAgain, kLoggedIn, kTooManyFailures };

  // `verify`: check ed25519 signatures, which costs the simulator about 0.1 ms each; others are
  // taken as they are. `refuse`: no key will do.
  Authentication(bool verify, bool refuse, PasswordRule password)
      : verify_(verify), refuse_(refuse), password_(std::move(password)) {}

  // Answers a USERAUTH_REQUEST.
  Result OnRequest(const std::string& session_id, WireReader* fields, MessageSender* sender);
  // Answers a USERAUTH_INFO_RESPONSE.
  Result OnInfoResponse(WireReader* fields, MessageSender* sender);

 private:
  struct PublicKeyRequest;
  bool Accepts(const std::string& session_id, const PublicKeyRequest& request) const;
  Result OnKey(const std::string& session_id, PublicKeyRequest* request, WireReader* fields,
               MessageSender* sender);
  Result OnPassword(absl::string_view password, MessageSender* sender);
  Result Ask(absl::string_view question, bool shown, MessageSender* sender);
  Result AskTwo(MessageSender* sender);
  Result Succeed(MessageSender* sender);
  Result Fail(MessageSender* sender);
  absl::string_view Methods() const;

  const bool verify_;
  const bool refuse_;
  const PasswordRule password_;
  int failures_ = 0;
  int questions_ = 0;  // that were asked
};

}  // namespace muster::sim

#endif  // TESTS_SIM_AUTHENTICATION_H_
