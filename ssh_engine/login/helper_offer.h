// Has a helper thread do a step of a login that blocks.
#ifndef SSH_ENGINE_LOGIN_HELPER_OFFER_H_
#define SSH_ENGINE_LOGIN_HELPER_OFFER_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// An agent blocks, and so does who waits for a KDC: the thread has the transport meanwhile.
// Loop-confined.
class HelperOffer {
 public:
  using Attempt = absl::AnyInvocable<SshTransport::AuthStep(SshTransport*)>;

  // `on_done` is called from the loop, once for each Begin, unless this is gone by then.
  HelperOffer(std::shared_ptr<SshTransport> transport, EventLoop* loop, HelperPool* helpers,
              absl::AnyInvocable<void()> on_done);

  // `attempt` owns what it needs.
  void Begin(Attempt attempt);
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

#endif  // SSH_ENGINE_LOGIN_HELPER_OFFER_H_
