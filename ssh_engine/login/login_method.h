// One way to log in, of those that RFC 4252 and RFC 4256 name.
#ifndef SSH_ENGINE_LOGIN_LOGIN_METHOD_H_
#define SSH_ENGINE_LOGIN_LOGIN_METHOD_H_

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Offers the server one thing after the other, and writes down in the login's report what came of
// it. Loop-confined; one for each login, owned by it.
class LoginMethod {
 public:
  using AuthStep = SshTransport::AuthStep;

  virtual ~LoginMethod() = default;

  // Whether there is something left that the server may take. `methods`: those with which it would
  // go on ("publickey,password"); empty: it has not said.
  virtual bool HasNext(absl::string_view methods) const = 0;
  // Whether it would rather know them first, at the price of a round trip.
  virtual bool NeedsMethods() const { return false; }
  // Offers it; to be called again while the answer is kAgain. None: a helper thread has the
  // transport, and the login is told when it gives it back: call it again then.
  virtual absl::optional<AuthStep> Offer() = 0;
  // The answer to that, other than kAgain and kFailed.
  virtual void Note(AuthStep answer) = 0;
  // What is being offered, as messages name it; empty: nothing that has a name.
  virtual std::string offered() const = 0;

 protected:
  static bool Takes(absl::string_view methods, absl::string_view method) {
    return methods.empty() || absl::StrContains(methods, method);
  }
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_METHOD_H_
