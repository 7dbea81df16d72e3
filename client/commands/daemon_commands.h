// muster daemon: what becomes of the caller's own daemon.
#ifndef CLIENT_COMMANDS_DAEMON_COMMANDS_H_
#define CLIENT_COMMANDS_DAEMON_COMMANDS_H_

#include "client/library/server_address.h"
#include "client/options/options.h"
#include "client/output/output_writer.h"

namespace muster::client {

// status, stop or restart of the daemon at `server`, which is the caller's own. Returns the exit
// code.
int DaemonCommand(const Options& options, const ServerAddress& server, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_DAEMON_COMMANDS_H_
