// muster runs --watch.
#ifndef CLIENT_COMMANDS_RUNS_WATCH_H_
#define CLIENT_COMMANDS_RUNS_WATCH_H_

#include "client/commands/interrupts.h"
#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Goes on until a signal, which ends the process: with 0 where it is Ctrl-C, as nothing else ends a
// display that has no end. Returns the exit code where musterd cannot be reached any more.
int WatchRunsCommand(const Options& options, Interrupts* interrupts, MusterClient* client,
                     OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_RUNS_WATCH_H_
