// Asking for a secret.
#ifndef CLIENT_COMMANDS_SECRET_PROMPT_H_
#define CLIENT_COMMANDS_SECRET_PROMPT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::client {

// No core file, and no other process of this user that looks in: to be called before a secret is in
// memory.
void ForbidLookingIn();

// From the terminal, without showing it. `what`: "Password". CANCELLED: Ctrl-C;
// FAILED_PRECONDITION, with what to do instead behind `option`: there is no terminal;
// it could not be read (at most 1022 bytes can).
absl::StatusOr<std::string> AskSecret(absl::string_view what, absl::string_view option,
                                      absl::string_view instead);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SECRET_PROMPT_H_
