// Where the password comes from that sudo and the like ask for; as password.h.
#ifndef CLIENT_COMMANDS_BECOME_PASSWORD_H_
#define CLIENT_COMMANDS_BECOME_PASSWORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/library/server_address.h"
#include "client/options/options.h"

namespace muster::client {

// That of a run or rerun; "": none. May ask, and may block on a pipe. Errors as of FindPassword.
absl::StatusOr<std::string> FindBecomePassword(const Options& options, const ServerAddress& server);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_BECOME_PASSWORD_H_
