// Starts the caller's own daemon.
#ifndef CLIENT_AUTOSTART_H_
#define CLIENT_AUTOSTART_H_

#include <string>

#include "absl/status/status.h"
#include "client/server_address.h"

namespace muster::client {

// Sees to it that a daemon listens on the socket: starts one where none does, which ends by itself
// when it has been idle for a while. Two callers at once get one daemon. Waits up to ten seconds.
// Also with threads around, as when a daemon that has gone is started again: between fork and exec
// only what is safe then is called. FAILED_PRECONDITION: the socket's folder is not the caller's
// alone; NOT_FOUND: there is no musterd to start; UNAVAILABLE: it did not start, with what it said.
absl::Status EnsureDaemon(const ServerAddress& address);

// $MUSTERD, or musterd beside the running program, in ../service (where Bazel builds it), or on
// $PATH; "" where there is none. `self` is the running program's path.
std::string FindMusterd(const std::string& self);

}  // namespace muster::client

#endif  // CLIENT_AUTOSTART_H_
