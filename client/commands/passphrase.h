// Asking for a secret.
#ifndef CLIENT_COMMANDS_PASSPHRASE_H_
#define CLIENT_COMMANDS_PASSPHRASE_H_

#include <string>

#include "absl/status/statusor.h"

namespace muster::client {

// From the terminal, without showing it. CANCELLED: Ctrl-C; FAILED_PRECONDITION: there is no
// terminal; INVALID_ARGUMENT: longer than 1000 bytes.
absl::StatusOr<std::string> AskPassphrase();

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_PASSPHRASE_H_
