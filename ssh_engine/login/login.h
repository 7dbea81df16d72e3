// Logging in with whatever of a credential the server takes.
#ifndef SSH_ENGINE_LOGIN_LOGIN_H_
#define SSH_ENGINE_LOGIN_LOGIN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/agent_offer.h"
#include "ssh_engine/login/key_method.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// Goes through the methods in their order (login.cc), as long as one has something to offer that
// the server may take. Several, where the server wants several. Loop-confined; owned by the host's
// task.
class Login {
 public:
  enum class Step {
    kDone,
    kAgain,    // waits for the server
    kBusy,     // waits for a helper thread, which has the transport: touch nothing of it
    kRefused,  // Explain() says what was tried
    kFailed,   // the transport failed; ExplainEnd() says how far the login was
  };
  using Enough = KeyMethod::Enough;

  // `preferred` is the run's on this loop; it is read and written. `on_helper_done` is called from
  // the loop when kBusy is over: call Advance then.
  Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
        Enough* preferred, EventLoop* loop, HelperPool* helpers,
        absl::AnyInvocable<void()> on_helper_done);

  Step Advance();
  bool busy() const { return busy_; }
  // How much of what was offered the server has refused.
  size_t refused() const { return report_.refused(); }
  // For a person: what was offered, what the server would take, what was left out and why.
  std::string Explain(const std::string& user) const;
  // The same where the connection ended first.
  std::string ExplainEnd(const std::string& user) const;

 private:
  using AuthStep = SshTransport::AuthStep;

  // The first that has something to offer; null: none has.
  LoginMethod* Next() const;
  std::string Methods() const;
  Step Conclude(AuthStep answer, LoginMethod* method);
  std::string Remarks() const;

  const std::shared_ptr<SshTransport> transport_;
  const std::shared_ptr<const Credential> credential_;
  Enough* const preferred_;
  absl::AnyInvocable<void()> on_helper_done_;

  LoginReport report_;
  AgentOffer agent_;
  std::vector<std::unique_ptr<LoginMethod>> methods_;  // in the order of their use
  KeyMethod* keys_ = nullptr;                          // one of them
  LoginMethod* offering_ = nullptr;                    // one of them, while it waits for an answer
  bool busy_ = false;
  bool answered_ = false;  // by the server, so that it may have said which methods it takes
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_H_
