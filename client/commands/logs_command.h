// muster logs.
#ifndef CLIENT_COMMANDS_LOGS_COMMAND_H_
#define CLIENT_COMMANDS_LOGS_COMMAND_H_

#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Returns the exit code.
int LogsCommand(const Options& options, MusterClient* client, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_LOGS_COMMAND_H_
