// muster run and rerun.
#ifndef CLIENT_COMMANDS_RUN_COMMANDS_H_
#define CLIENT_COMMANDS_RUN_COMMANDS_H_

#include "client/commands/interrupts.h"
#include "client/library/muster_client.h"
#include "client/options/options.h"
#include "client/output/follow.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Each returns the exit code. `interrupts` is null where the run is detached. `memory`: of the runs
// before, as Follower has it.
int RunCommand(const Options& options, const ServerAddress& server, const v1::RunSpec& spec,
               Interrupts* interrupts, MusterClient* client, OutputWriter* output,
               RunMemory* memory = nullptr);
int RerunCommand(const Options& options, const v1::RerunHostsRequest& request,
                 Interrupts* interrupts, MusterClient* client, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_RUN_COMMANDS_H_
