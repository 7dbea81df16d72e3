// Variables that should not go with a command.
#ifndef CLIENT_OPTIONS_SECRET_NAMES_H_
#define CLIENT_OPTIONS_SECRET_NAMES_H_

#include "absl/strings/string_view.h"

namespace muster::client {

// Whether a variable's name says that its value is a secret: DB_PASSWORD, GITHUB_TOKEN,
// AWS_SECRET_ACCESS_KEY.
bool NamesSecret(absl::string_view variable);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_SECRET_NAMES_H_
