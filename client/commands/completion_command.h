// muster completion, and what the shells ask for it.
#ifndef CLIENT_COMMANDS_COMPLETION_COMMAND_H_
#define CLIENT_COMMANDS_COMPLETION_COMMAND_H_

#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Prints the script of `options.shell`.
int CompletionCommand(const Options& options, OutputWriter* output);

// Prints what may stand for the last of `options.command`: a candidate in each line, and behind a
// tab what it is. Starts no daemon; ends the process after 150 ms, with what is known by then.
int CompleteCommand(const Options& options, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_COMPLETION_COMMAND_H_
