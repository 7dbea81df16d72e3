#include "ssh_engine/login/key_method.h"

#include <algorithm>

#include "absl/algorithm/container.h"

namespace muster::engine {
namespace {

std::vector<size_t> OrderOf(size_t identities, const KeyMethod::Enough& preferred) {
  std::vector<size_t> order;
  for (const size_t index : preferred) {
    if (index < identities) order.push_back(index);
  }
  for (size_t i = 0; i < identities; ++i) {
    if (!absl::c_linear_search(preferred, i)) order.push_back(i);
  }
  return order;
}

}  // namespace

KeyMethod::KeyMethod(SshTransport* transport, const Credential* credential, const Enough& preferred,
                     AgentOffer* agent, LoginReport* report)
    : transport_(transport),
      credential_(credential),
      agent_(agent),
      report_(report),
      order_(OrderOf(credential->identities.size(), preferred)) {
  report_->keys = order_.size();
}

bool KeyMethod::HasNext(absl::string_view methods) const {
  return next_ < order_.size() && Takes(methods, "publickey");
}

absl::optional<LoginMethod::AuthStep> KeyMethod::Offer() {
  if (!next().in_agent) return transport_->Authenticate(next());
  const absl::optional<AuthStep> answer = agent_->Take();
  if (!answer) agent_->Begin(credential_->agent_socket, next().public_blob);
  return answer;
}

void KeyMethod::Note(AuthStep answer) {
  const Identity& identity = next();
  switch (answer) {
    case AuthStep::kPartial:
      report_->taken.push_back(identity.name);
      taken_.push_back(order_[next_]);
      break;
    case AuthStep::kAccepted:
      taken_.push_back(order_[next_]);
      break;
    case AuthStep::kUnproven:
      report_->unproven.push_back(identity.name);
      break;
    default:
      report_->refused_keys.push_back(identity.name);
  }
  ++next_;
}

void KeyMethod::OnPartial() {
  next_ = 0;
  order_.erase(std::remove_if(order_.begin(), order_.end(),
                              [this](size_t i) { return absl::c_linear_search(taken_, i); }),
               order_.end());
}

}  // namespace muster::engine
