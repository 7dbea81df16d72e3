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

// Written by the methods of one login. A value.
struct LoginReport {
  // Names of keys, or kThePassword.
  std::vector<std::string> taken;  // but the server wants another method too
  std::vector<std::string> refused;
  std::vector<std::string> unproven;  // keys with which no signature was made
  size_t keys = 0;                    // that there are
  bool has_password = false;
  std::string password_source;    // Credential's
  bool password_used = false;     // once is enough: servers count what they refuse
  bool password_expired = false;  // the server wants another one first
  std::string question;           // what it asked for instead; printable

  bool RefusedPassword() const;
  size_t refused_keys() const { return refused.size() - (RefusedPassword() ? 1 : 0); }

  // What was offered and what the server would take, in sentences. `methods`: as it lists them.
  std::string Explain(absl::string_view user, absl::string_view methods) const;
  // The same where the connection ended first; `offered`: LoginMethod's, of what was being offered.
  std::string ExplainEnd(absl::string_view user, const TransportFailure& failure,
                         absl::string_view offered) const;
  // A sentence after a blank; empty: there is nothing to tell.
  std::string RemarkOnAgent() const;

 private:
  std::string RefusedKeys(absl::string_view user) const;
  // " It came from ...", after a sentence about the password.
  std::string Source() const;
  std::string AdviceOnPassword(absl::string_view methods) const;
  std::string NothingOffered(absl::string_view user) const;
  std::string AdviceAfterEnd(const TransportFailure& failure, absl::string_view offered) const;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LOGIN_LOGIN_REPORT_H_
