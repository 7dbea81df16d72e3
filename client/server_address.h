// Which daemon to talk to.
#ifndef CLIENT_SERVER_ADDRESS_H_
#define CLIENT_SERVER_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::client {

// PEM files for a daemon on the network. A value.
struct TlsFiles {
  std::string certificate;  // the caller's
  std::string key;
  std::string ca;  // who vouches for the daemon
};

// A value.
struct ServerAddress {
  std::string target;  // "unix:/run/user/1000/muster/musterd.sock", "hub.example.com:7443"
  bool own = false;    // the caller's own daemon, to be started when it is not there
  bool is_unix() const { return target.compare(0, 5, "unix:") == 0; }
  std::string path() const { return target.substr(5); }  // of a unix socket
};

// `given` is what the command line or $MUSTER_SERVER says; empty: the caller's own daemon.
// INVALID_ARGUMENT: it is no address.
absl::StatusOr<ServerAddress> ChooseServer(absl::string_view given);

// $XDG_RUNTIME_DIR/muster/musterd.sock, or /tmp/muster-UID/musterd.sock: what musterd itself
// listens on when it is told nothing.
std::string OwnSocketPath();

// The value of an environment variable; "" when it is not set.
std::string FromEnvironment(const char* name);

}  // namespace muster::client

#endif  // CLIENT_SERVER_ADDRESS_H_
