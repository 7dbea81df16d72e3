// Logging in with whatever of a credential the server takes.
#ifndef SSH_ENGINE_LOGIN_LOGIN_H_
#define SSH_ENGINE_LOGIN_LOGIN_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/helper_offer.h"
#include "ssh_engine/login/key_method.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"
#include "ssh_engine/login/none_method.h"
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

  // What all logins of a run need on this loop; outlives them.
  struct Surroundings {
    Enough* preferred;  // the run's; it is read and written
    EventLoop* loop;
    HelperPool* helpers;   // for agents
    HelperPool* kerberos;  // for what waits for a KDC
  };

  // `on_helper_done` is called from the loop when kBusy is over: call Advance then.
  Login(std::shared_ptr<SshTransport> transport, std::shared_ptr<const Credential> credential,
        std::string user, const Surroundings& surroundings,
        absl::AnyInvocable<void()> on_helper_done);

  Step Advance();
  bool busy() const { return busy_; }
  // Once it is done: when the first of what was taken expires; infinite: nothing does.
  absl::Time expires() const;
  // How much of what was offered the server has refused.
  size_t refused() const { return report_.refused(); }
  // For a person: what was offered, what the server would take, what was left out and why.
  std::string Explain() const;
  // The same where the connection ended first.
  std::string ExplainEnd() const;

 private:
  using AuthStep = SshTransport::AuthStep;

  void AddMethod(const std::string& name);
  void AddNone(NoneMethod::Use use);
  void OnHelperDone();
  // The first that has something to offer; null: none has.
  LoginMethod* Next() const;
  std::string Methods() const;
  Step Conclude(AuthStep answer, LoginMethod* method);
  std::string Remarks() const;

  const std::shared_ptr<SshTransport> transport_;
  const std::shared_ptr<const Credential> credential_;
  const std::string user_;
  Enough* const preferred_;
  EventLoop* const loop_;
  absl::AnyInvocable<void()> on_helper_done_;

  LoginReport report_;
  HelperOffer agent_;
  HelperOffer kerberos_;
  std::vector<std::unique_ptr<LoginMethod>> methods_;  // in the order of their use
  KeyMethod* keys_ = nullptr;                          // one of them; null: not used
  NoneMethod* none_ = nullptr;                         // one of them
  LoginMethod* offering_ = nullptr;                    // one of them, while it waits for an answer
  bool busy_ = false;
  bool answered_ = false;  // by the server, so that it may have said which methods it takes
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_H_
