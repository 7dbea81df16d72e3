// muster's subcommands.
#ifndef CLIENT_COMMANDS_H_
#define CLIENT_COMMANDS_H_

#include "client/options.h"

namespace muster::client {

// Does what the command line asks for, starting the caller's own daemon where it is needed. Returns
// the exit code. Call it once, before any thread is made.
int RunSubcommand(const Options& options);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_H_
