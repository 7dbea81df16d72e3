// muster watch.
#ifndef CLIENT_COMMANDS_WATCH_COMMANDS_H_
#define CLIENT_COMMANDS_WATCH_COMMANDS_H_

#include "client/commands/interrupts.h"
#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Returns the exit code.
int WatchCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                 OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_WATCH_COMMANDS_H_
