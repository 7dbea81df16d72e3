// Which daemon to talk to.
#ifndef CLIENT_LIBRARY_SERVER_ADDRESS_H_
#define CLIENT_LIBRARY_SERVER_ADDRESS_H_

#include <sys/types.h>

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
  std::string target;  // "unix:/home/ann/.local/state/muster/musterd.sock", "hub.example.com:7443"
  bool own = false;    // the caller's own daemon, to be started when it is not there
  // Whose unix socket it may be, beside the caller's own and root's; -1: nobody's.
  uid_t trusted_user = static_cast<uid_t>(-1);
  bool is_unix() const { return target.compare(0, 5, "unix:") == 0; }
  std::string path() const { return target.substr(5); }  // of a unix socket
};

// `given` is what the command line or $MUSTER_SERVER says; empty: the caller's own daemon, whose
// socket is in OwnStateFolder(). `user`: whose daemon a unix socket may be, a name or a number.
// INVALID_ARGUMENT: it is no address, or there is no such user; FAILED_PRECONDITION: there is no
// folder for an own daemon.
absl::StatusOr<ServerAddress> ChooseServer(absl::string_view given, const std::string& user);

// Whether a passphrase may be sent there: a socket that is trusted to be another user's is not the
// place for it.
bool MayHaveSecrets(const ServerAddress& address);

// The value of an environment variable; "" when it is not set.
std::string FromEnvironment(const char* name);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_SERVER_ADDRESS_H_
