// What came of a login, for a person.
#ifndef SSH_ENGINE_LOGIN_LOGIN_REPORT_H_
#define SSH_ENGINE_LOGIN_LOGIN_REPORT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ssh_engine/transport/ssh_step.h"

namespace muster::engine {

constexpr char kThePassword[] = "the password";
constexpr char kTheAnswers[] = "the answers";
constexpr char kPasswordAndAnswers[] = "the password and the answers";

// Written by the methods of one login. A value.
struct LoginReport {
  // What was offered, by the names that messages use (LoginMethod::offered).
  std::vector<std::string> taken;  // but the server wants another method too
  std::vector<std::string> refused_keys;
  std::vector<std::string> refused_others;  // by methods other than keys
  std::vector<std::string> unproven;        // keys with which no signature was made
  size_t keys = 0;                          // that there are
  std::string chosen;  // methods, where not all are tried: "publickey, password"
  bool has_password = false;
  bool has_answers = false;
  std::string password_source;       // Credential's
  bool password_used = false;        // in one way or the other
  bool password_refused = false;     // once is enough: servers count what they refuse
  bool password_expired = false;     // the server wants another one first
  std::string question;              // what it asked for that has no answer; printable
  bool noted = false;                // the credential tells itself what it has not, and why
  std::vector<std::string> remarks;  // sentences about what was refused or not used

  size_t refused() const { return refused_keys.size() + refused_others.size(); }

  // What was offered and what the server would take, in sentences. `methods`: as it lists them.
  std::string Explain(absl::string_view user, absl::string_view methods) const;
  // What was being offered when the connection ended.
  struct Offered {
    std::string name;  // LoginMethod's; empty: nothing that has a name
    bool is_key = false;
  };
  // The same where the connection ended first.
  std::string ExplainEnd(absl::string_view user, const TransportFailure& failure,
                         const Offered& offered) const;
  // A sentence after a blank; empty: there is nothing to tell.
  std::string RemarkOnAgent() const;

 private:
  std::string Asked(absl::string_view user) const;
  std::string RefusedKeys(absl::string_view user) const;
  std::string Refused() const;
  // " The password came from ...", where it was refused.
  std::string Source() const;
  std::string AdviceOnPassword(absl::string_view methods) const;
  std::string NothingOffered(absl::string_view user) const;
  std::string AdviceAfterEnd(const TransportFailure& failure, const Offered& offered) const;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_REPORT_H_
