// How a command's processes are reached where the server takes no signal request.
#ifndef SSH_ENGINE_KILL_COMMAND_H_
#define SSH_ENGINE_KILL_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

// A line for a POSIX or C shell that sends `signal` ("TERM") to the process groups of the commands
// that the same connection has started. OpenSSH's server process for a connection is the parent of
// all its commands, and makes each the leader of its own session and group (session.c,
// do_exec_no_pty: setsid); a session of ours carries one command at a time. Processes that have
// left the group are not reached.
std::string KillCommand(absl::string_view signal);

}  // namespace muster::engine

#endif  // SSH_ENGINE_KILL_COMMAND_H_
