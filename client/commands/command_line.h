// muster's subcommands.
#ifndef CLIENT_COMMANDS_COMMAND_LINE_H_
#define CLIENT_COMMANDS_COMMAND_LINE_H_

#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Does what the command line asks for, starting the caller's own daemon where it is needed. Returns
// the exit code; what is still in `output` is the caller's to write. Call it once, before any
// thread is made.
int RunSubcommand(const Options& options, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_COMMAND_LINE_H_
