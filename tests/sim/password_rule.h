// How a host takes a password.
#ifndef TESTS_SIM_PASSWORD_RULE_H_
#define TESTS_SIM_PASSWORD_RULE_H_

#include <string>

namespace muster::sim {

// A value.
struct PasswordRule {
  enum class Way {
    kNot,
    kPassword,   // by the method of that name (RFC 4252, 8)
    kExpired,    // the same, but it wants another one first
    kAnswer,     // as the answer to a question (RFC 4256), then tells something without asking
    kRenew,      // the same, but it asks for a new one after that
    kCode,       // asks for something else, which is shown while it is typed
    kTwoAtOnce,  // asks for a password and a code (123456) in one round
  };
  Way way = Way::kNot;
  std::string password;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_PASSWORD_RULE_H_
