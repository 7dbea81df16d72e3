// As whom commands run, where that is not the user who is logged in.
#ifndef SSH_ENGINE_BECOME_H_
#define SSH_ENGINE_BECOME_H_

#include <string>

#include "ssh_engine/base/secret.h"

namespace muster::engine {

enum class BecomeMethod { kSudo, kSu, kDoas };

// Immutable once handed over; shared by the hosts of a run, and gone with it.
struct Become {
  BecomeMethod method = BecomeMethod::kSudo;
  std::string user = "root";
  Passphrase password;  // what the method asks for; empty: none
  bool keep_environment = false;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_BECOME_H_
