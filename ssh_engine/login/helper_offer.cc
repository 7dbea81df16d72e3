#include "ssh_engine/login/helper_offer.h"

#include <utility>

namespace muster::engine {

HelperOffer::HelperOffer(std::shared_ptr<SshTransport> transport, EventLoop* loop,
                         HelperPool* helpers, absl::AnyInvocable<void()> on_done)
    : transport_(std::move(transport)),
      loop_(loop),
      helpers_(helpers),
      on_done_(std::move(on_done)) {}

void HelperOffer::Begin(Attempt attempt) {
  auto done = lifetime_.Guard([this](SshTransport::AuthStep answer) {
    answer_ = answer;
    on_done_();
  });
  helpers_->Run([loop = loop_, transport = transport_, done = std::move(done),
                 attempt = std::move(attempt)]() mutable {
    const SshTransport::AuthStep answer = attempt(transport.get());
    // The transport goes along, so that the loop, not this thread, destroys it at the latest.
    loop->Post([transport = std::move(transport), done = std::move(done), answer]() mutable {
      done(answer);
    });
  });
}

absl::optional<SshTransport::AuthStep> HelperOffer::Take() {
  return std::exchange(answer_, absl::nullopt);
}

}  // namespace muster::engine
