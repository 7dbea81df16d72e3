#include "ssh_engine/login/key_method.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "ssh_engine/credentials/certificate.h"

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

// None: the key is no certificate.
absl::optional<Certificate> CertificateOf(const Identity& identity) {
  if (identity.public_key == nullptr) return absl::nullopt;
  return ReadCertificate(PublicBlob(identity.public_key));
}

}  // namespace

KeyMethod::KeyMethod(SshTransport* transport, const Credential* credential, const Enough& preferred,
                     HelperOffer* agent, LoginReport* report, std::string user, absl::Time now)
    : transport_(transport),
      credential_(credential),
      agent_(agent),
      report_(report),
      user_(std::move(user)),
      now_(now),
      order_(OrderOf(credential->identities.size(), preferred)) {
  report_->keys = order_.size();
}

bool KeyMethod::HasNext(absl::string_view methods) const {
  return next_ < order_.size() && Takes(methods, "publickey");
}

absl::optional<LoginMethod::AuthStep> KeyMethod::Offer() {
  if (!next().in_agent) return transport_->Authenticate(next());
  const absl::optional<AuthStep> answer = agent_->Take();
  if (answer) return answer;
  agent_->Begin(
      [socket = credential_->agent_socket, key = next().public_blob](SshTransport* transport) {
        return transport->AuthenticateByAgent(socket, key);
      });
  return absl::nullopt;
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
      NoteRefused(identity);
  }
  ++next_;
}

// The server does not say why.
void KeyMethod::NoteRefused(const Identity& identity) {
  report_->refused_keys.push_back(identity.name);
  const absl::optional<Certificate> certificate = CertificateOf(identity);
  const std::string why = certificate ? WhyRefused(*certificate, user_, now_) : "";
  if (why.empty()) return;
  report_->remarks.push_back(absl::StrCat("Of the certificate ", identity.name, ": ", why, "."));
}

absl::Time KeyMethod::expires() const {
  absl::Time first = absl::InfiniteFuture();
  for (const size_t index : taken_) {
    const absl::optional<Certificate> certificate = CertificateOf(credential_->identities[index]);
    if (certificate) first = std::min(first, certificate->valid_before);
  }
  return first;
}

void KeyMethod::OnPartial() {
  next_ = 0;
  order_.erase(std::remove_if(order_.begin(), order_.end(),
                              [this](size_t i) { return absl::c_linear_search(taken_, i); }),
               order_.end());
}

}  // namespace muster::engine
