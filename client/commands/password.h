// Where the hosts' password comes from: a file, a command, the terminal, the environment; never an
// argument, which everyone on this machine could read.
#ifndef CLIENT_COMMANDS_PASSWORD_H_
#define CLIENT_COMMANDS_PASSWORD_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/library/server_address.h"
#include "client/options/options.h"

namespace muster::client {

// What $MUSTER_PASSWORD says; "" where it is not set. It is overwritten there: neither
// /proc/PID/environ shows it from then on, nor does a daemon inherit it that is started. Before
// there are threads.
std::string TakePasswordFromEnvironment();

// The password of a run or rerun; "": none. `from_environment` counts where no option says how to
// log in otherwise: the options about the password, --credential, and for a rerun none at all,
// which takes the run's own login. May ask, may block on a pipe, and runs a command for
// kSecretCommandTime at most. Errors name the option, and
// what to do: INVALID_ARGUMENT; those of AskSecret; of the file. A password that is not UTF-8 is
// told by who sends it.
absl::StatusOr<std::string> FindPassword(const Options& options, const ServerAddress& server,
                                         const std::string& from_environment);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_PASSWORD_H_
