// Logging in with whichever of a credential's keys the server takes.
#ifndef SSH_ENGINE_LOGIN_LOGIN_H_
#define SSH_ENGINE_LOGIN_LOGIN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Offers the identities one by one in their order, but first those that last worked for this run:
// servers count refused keys (sshd's MaxAuthTries). Several, where the server wants several.
// Without a key that works, asks to be let in without one. Loop-confined; owned by the host's task.
class Login {
 public:
  enum class Step {
    kDone,
    kAgain,    // waits for the server
    kBusy,     // waits for a helper thread, which has the transport: touch nothing of it
    kRefused,  // Explain() says what was tried
    kFailed,   // the transport failed; ExplainEnd() says how far the login was
  };
  // Indexes of a credential's identities that together were enough, in the order of their use.
  using Enough = std::vector<size_t>;

  // `preferred` is the run's on this loop; it is read and written. `on_helper_done` is called from
  // the loop when kBusy is over: call Advance then.
  Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
        Enough* preferred, EventLoop* loop, HelperPool* helpers,
        absl::AnyInvocable<void()> on_helper_done);

  Step Advance();
  bool busy() const { return busy_; }
  // How many keys the server has refused.
  size_t refused() const { return refused_.size(); }
  // For a person: what was offered, what the server would take, what was left out and why.
  std::string Explain(const std::string& user) const;
  // The same where the connection ended first.
  std::string ExplainEnd(const std::string& user) const;

 private:
  using AuthStep = SshTransport::AuthStep;

  const Identity& next() const { return credential_->identities[order_[next_]]; }
  bool ByAgent() const { return next().private_key == nullptr; }
  // Whether there is a key left that the server may take.
  bool HasNext() const;
  AuthStep Offer();
  Step Conclude(AuthStep step);
  Step LogInWithoutKey();
  Step AskAgent();
  std::string Remarks() const;

  const std::shared_ptr<SshTransport> transport_;
  const std::shared_ptr<const Credential> credential_;
  Enough* const preferred_;
  EventLoop* const loop_;
  HelperPool* const helpers_;

  absl::AnyInvocable<void()> on_helper_done_;
  std::vector<size_t> order_;  // of identities
  size_t next_ = 0;            // in order_
  bool busy_ = false;
  absl::optional<AuthStep> agent_answer_;
  Enough taken_;
  // Names of keys.
  std::vector<std::string> taken_names_;
  std::vector<std::string> refused_;
  std::vector<std::string> unproven_;
  std::shared_ptr<char> alive_;  // what helper threads send is dropped once this is gone
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_H_
