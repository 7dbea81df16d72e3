// Logging in (RFC 4252), the server's side.
#ifndef TESTS_SIM_AUTHENTICATION_H_
#define TESTS_SIM_AUTHENTICATION_H_

#include <string>

#include "tests/sim/messages.h"
#include "tests/sim/wire.h"

namespace muster::sim {

// Any user and any key will do. Owned by its connection.
class Authentication {
 public:
  enum class Result { kAgain, kLoggedIn, kTooManyFailures };

  // `verify`: check ed25519 signatures, which costs the simulator 0.12 ms each; others are taken as
  // they are. `refuse`: no key will do.
  Authentication(bool verify, bool refuse) : verify_(verify), refuse_(refuse) {}

  // Answers a USERAUTH_REQUEST.
  Result OnRequest(const std::string& session_id, WireReader* fields, MessageSender* sender);

 private:
  struct PublicKeyRequest;
  bool Accepts(const std::string& session_id, const PublicKeyRequest& request) const;
  Result Fail(MessageSender* sender);

  const bool verify_;
  const bool refuse_;
  int failures_ = 0;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_AUTHENTICATION_H_
