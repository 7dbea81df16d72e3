// "publickey": RFC 4252, 7.
#ifndef SSH_ENGINE_LOGIN_KEY_METHOD_H_
#define SSH_ENGINE_LOGIN_KEY_METHOD_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/helper_offer.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"

namespace muster::engine {

// Offers a credential's keys one by one in their order, but first those that last worked for the
// run: servers count refused keys (sshd's MaxAuthTries). Several, where the server wants several.
class KeyMethod final : public LoginMethod {
 public:
  // Indexes of a credential's identities that together were enough, in the order of their use.
  using Enough = std::vector<size_t>;

  // All of these outlive this. `user` and `now` are for what certificates say.
  KeyMethod(SshTransport* transport, const Credential* credential, const Enough& preferred,
            HelperOffer* agent, LoginReport* report, std::string user, absl::Time now);

  bool HasNext(absl::string_view methods) const override;
  absl::optional<AuthStep> Offer() override;
  void Note(AuthStep answer) override;
  std::string offered() const override { return next_ < order_.size() ? next().name : ""; }
  // The server has taken something else and wants more: it may look at all of the keys now.
  void OnPartial();

  // Those that the server has taken, once the login is done.
  const Enough& taken() const { return taken_; }
  // The first of their certificates that expires; infinite: none does.
  absl::Time expires() const;

 private:
  const Identity& next() const { return credential_->identities[order_[next_]]; }
  void NoteRefused(const Identity& identity);

  SshTransport* const transport_;
  const Credential* const credential_;
  HelperOffer* const agent_;
  LoginReport* const report_;
  const std::string user_;
  const absl::Time now_;
  Enough order_;     // of identities
  size_t next_ = 0;  // in order_
  Enough taken_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_KEY_METHOD_H_
