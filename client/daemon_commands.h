// muster daemon: what becomes of the caller's own daemon.
#ifndef CLIENT_DAEMON_COMMANDS_H_
#define CLIENT_DAEMON_COMMANDS_H_

#include "client/options.h"
#include "client/output_writer.h"
#include "client/server_address.h"

namespace muster::client {

// status, stop or restart of the daemon at `server`, which is the caller's own. Returns the exit
// code.
int DaemonCommand(const Options& options, const ServerAddress& server, OutputWriter* output);

}  // namespace muster::client

#endif  // CLIENT_DAEMON_COMMANDS_H_
