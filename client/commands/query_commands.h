// The subcommands that make one call and show the answer.
#ifndef CLIENT_COMMANDS_QUERY_COMMANDS_H_
#define CLIENT_COMMANDS_QUERY_COMMANDS_H_

#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// runs, show, pause, resume, cancel, targets. Returns the exit code.
int QueryCommand(const Options& options, const ServerAddress& server, MusterClient* client,
                 OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_QUERY_COMMANDS_H_
