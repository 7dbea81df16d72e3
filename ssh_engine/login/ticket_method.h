// "gssapi-with-mic": RFC 4462, 3.
#ifndef SSH_ENGINE_LOGIN_TICKET_METHOD_H_
#define SSH_ENGINE_LOGIN_TICKET_METHOD_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "ssh_engine/credentials/credential.h"
#include "ssh_engine/login/helper_offer.h"
#include "ssh_engine/login/login_method.h"
#include "ssh_engine/login/login_report.h"

namespace muster::engine {

// Offers the credential's Kerberos tickets, once.
class TicketMethod final : public LoginMethod {
 public:
  // All of these outlive this.
  TicketMethod(SshTransport* transport, const Credential* credential, HelperOffer* helper,
               LoginReport* report)
      : transport_(transport), credential_(credential), helper_(helper), report_(report) {}

  bool HasNext(absl::string_view methods) const override {
    return !offered_ && credential_->tickets.has_value() && Takes(methods, kGssapi);
  }
  // For who does not take them the KDC need not be asked.
  bool NeedsMethods() const override { return true; }
  absl::optional<AuthStep> Offer() override {
    const absl::optional<AuthStep> answer = helper_->Take();
    if (answer) return answer;
    helper_->Begin([tickets = *credential_->tickets](SshTransport* transport) {
      return transport->AuthenticateByTicket(tickets);
    });
    return absl::nullopt;
  }
  void Note(AuthStep answer) override {
    offered_ = true;
    if (answer == AuthStep::kAccepted) return;
    if (answer == AuthStep::kPartial) {
      report_->taken.push_back(offered());
    } else if (answer == AuthStep::kUnproven) {
      report_->remarks.push_back(absl::StrCat("No Kerberos ticket of ",
                                              credential_->tickets->principal,
                                              " was used: ", transport_->ticket_problem(), "."));
    } else {
      report_->refused_others.push_back(offered());
    }
  }
  std::string offered() const override {
    return absl::StrCat("the Kerberos ticket of ", credential_->tickets->principal);
  }

 private:
  SshTransport* const transport_;
  const Credential* const credential_;
  HelperOffer* const helper_;
  LoginReport* const report_;
  bool offered_ = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_TICKET_METHOD_H_
