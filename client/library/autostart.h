// Starts the caller's own daemon.
#ifndef CLIENT_LIBRARY_AUTOSTART_H_
#define CLIENT_LIBRARY_AUTOSTART_H_

#include <string>

#include "absl/status/status.h"
#include "client/library/server_address.h"

namespace muster::client {

// Sees to it that the caller's own daemon listens: starts one where none does, which ends by itself
// when it has been idle for a while, and outlives the terminal. Its folder is made, and checked to
// be the caller's alone. Two callers at once get one daemon; one that is ending, or has lost its
// socket and is about to make it anew, is waited for. Blocks for up to thirty seconds. Also with
// threads around, as when a daemon that has gone is started again: between fork and exec only what
// is safe then is called. FAILED_PRECONDITION: the folder is not the caller's alone; UNAVAILABLE:
// there is no musterd to start, it did not start, with what it said, or the one that there is does
// not listen.
absl::Status EnsureDaemon(const ServerAddress& address);

// $MUSTERD, or musterd beside the running program, in ../service (where Bazel builds it), or on
// $PATH; "" where there is none. `self` is the running program's path.
std::string FindMusterd(const std::string& self);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_AUTOSTART_H_
