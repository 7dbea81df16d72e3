#include "ssh_engine/login/agent_offer.h"

#include <utility>

namespace muster::engine {

AgentOffer::AgentOffer(std::shared_ptr<SshTransport> transport, EventLoop* loop,
                       HelperPool* helpers, absl::AnyInvocable<void()> on_done)
    : transport_(std::move(transport)),
      loop_(loop),
      helpers_(helpers),
      on_done_(std::move(on_done)) {}

void AgentOffer::Begin(const std::string& agent_socket, const std::string& public_key) {
  auto done = lifetime_.Guard([this](SshTransport::AuthStep answer) {
    answer_ = answer;
    on_done_();
  });
  helpers_->Run([loop = loop_, transport = transport_, done = std::move(done),
                 socket = agent_socket, key = public_key]() mutable {
    const SshTransport::AuthStep answer = transport->AuthenticateByAgent(socket, key);
    // The transport goes along, so that the loop, not this thread, destroys it at the latest.
    loop->Post([transport = std::move(transport), done = std::move(done), answer]() mutable {
      done(answer);
    });
  });
}

absl::optional<SshTransport::AuthStep> AgentOffer::Take() {
  return std::exchange(answer_, absl::nullopt);
}

}  // namespace muster::engine
