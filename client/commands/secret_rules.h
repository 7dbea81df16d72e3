// What holds for every secret that is sent for a login.
#ifndef CLIENT_COMMANDS_SECRET_RULES_H_
#define CLIENT_COMMANDS_SECRET_RULES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/library/server_address.h"

namespace muster::client {

// INVALID_ARGUMENT, for a person: `source` is the option that it comes from, `what` the noun:
// "password".
absl::Status InvalidSecret(absl::string_view source, absl::string_view problem);

// Not to a shared daemon, nor to another user's. As InvalidSecret.
absl::Status CheckSecretServer(absl::string_view source, absl::string_view what,
                               const ServerAddress& server);

// One line of 1 to kMaxPasswordBytes bytes. As InvalidSecret; the secret is not told.
absl::Status CheckSecret(absl::string_view source, absl::string_view what,
                         const std::string& secret);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SECRET_RULES_H_
