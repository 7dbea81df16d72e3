// Has an agent sign for a login.
#ifndef SSH_ENGINE_LOGIN_AGENT_OFFER_H_
#define SSH_ENGINE_LOGIN_AGENT_OFFER_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// An agent blocks: a helper thread asks it, and has the transport meanwhile. Loop-confined.
class AgentOffer {
 public:
  // `on_done` is called from the loop, once for each Begin, unless this is gone by then.
  AgentOffer(std::shared_ptr<SshTransport> transport, EventLoop* loop, HelperPool* helpers,
             absl::AnyInvocable<void()> on_done);

  void Begin(const std::string& agent_socket, const std::string& public_key);
  // The server's answer, once it is there; only once.
  absl::optional<SshTransport::AuthStep> Take();

 private:
  const std::shared_ptr<SshTransport> transport_;
  EventLoop* const loop_;
  HelperPool* const helpers_;
  absl::AnyInvocable<void()> on_done_;
  absl::optional<SshTransport::AuthStep> answer_;
  Lifetime lifetime_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_AGENT_OFFER_H_
