// muster shell.
#ifndef CLIENT_COMMANDS_SHELL_COMMAND_H_
#define CLIENT_COMMANDS_SHELL_COMMAND_H_

#include "client/commands/interrupts.h"
#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Reads lines until their end, and runs each by RunCommand, with what `spec` has beside its
// command. Returns the exit code: of the last line, or that of a signal which ended it.
int ShellCommand(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
                 Interrupts* interrupts, MusterClient* client, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_SHELL_COMMAND_H_
