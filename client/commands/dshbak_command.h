// dshbak(1): lines of pdsh on standard input, host by host.
#ifndef CLIENT_COMMANDS_DSHBAK_COMMAND_H_
#define CLIENT_COMMANDS_DSHBAK_COMMAND_H_

#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// Reads standard input to its end, at most 1 GiB. Lines without a host are left out, as dshbak
// does, and counted on standard error. Asks no daemon.
int DshbakCommand(const Options& options, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_DSHBAK_COMMAND_H_
