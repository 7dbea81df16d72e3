// How the caller's own daemon logs in as its owner's ssh does.
#ifndef CLIENT_OPTIONS_OWN_LOGIN_H_
#define CLIENT_OPTIONS_OWN_LOGIN_H_

#include <string>

#include "absl/status/status.h"
#include "client/options/options.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// What was asked for or read; "" where there is none. A value.
struct LoginSecrets {
  std::string passphrase;  // of the key files
  std::string password;    // of the hosts; neither where --credential is given
};

// Whether -F names a file: neither left out nor "none".
bool NamesSshConfig(const Options& options);

// Whether the daemon is to follow ssh_config(5): always, but for -F none.
bool FollowsSshConfig(const Options& options);

// Login.local and Login.ssh_config. With the latter, the former has what was given alone: the rest
// is ssh_config's to say. INVALID_ARGUMENT says which option is wrong. Reads the environment
// ($HOME, $SSH_AUTH_SOCK), and pipes: may block.
absl::Status FillOwnLogin(const Options& options, const LoginSecrets& secrets, v1::Login* login);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_OWN_LOGIN_H_
