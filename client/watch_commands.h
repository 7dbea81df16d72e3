// muster watch and logs.
#ifndef CLIENT_WATCH_COMMANDS_H_
#define CLIENT_WATCH_COMMANDS_H_

#include "client/interrupts.h"
#include "client/muster_client.h"
#include "client/options.h"
#include "client/output_writer.h"

namespace muster::client {

// Each returns the exit code.
int WatchCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                 OutputWriter* output);
int LogsCommand(const Options& options, MusterClient* client, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_WATCH_COMMANDS_H_
