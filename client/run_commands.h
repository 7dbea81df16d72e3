// muster run and rerun.
#ifndef CLIENT_RUN_COMMANDS_H_
#define CLIENT_RUN_COMMANDS_H_

#include "client/interrupts.h"
#include "client/muster_client.h"
#include "client/options.h"

namespace muster::client {

// What a shell says of a program that nobody reads any more.
extern const int kBrokenPipe;

// Each returns the exit code. `interrupts` is null where the run is detached.
int RunCommand(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
               Interrupts* interrupts, MusterClient* client);
int RerunCommand(const Options& options, const v1::RerunHostsRequest& request,
                 Interrupts* interrupts, MusterClient* client);

}  // namespace muster::client

#endif  // CLIENT_RUN_COMMANDS_H_
