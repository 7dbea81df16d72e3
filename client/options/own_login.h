// How the caller's own daemon logs in as its owner's ssh does.
#ifndef CLIENT_OPTIONS_OWN_LOGIN_H_
#define CLIENT_OPTIONS_OWN_LOGIN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "client/options/options.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// Parts of questions, and what is answered.
using LoginAnswers = std::vector<std::pair<std::string, std::string>>;

// What was asked for or read; "" where there is none. A value.
struct LoginSecrets {
  std::string passphrase;            // of the key files
  std::string password;              // of the hosts; neither where --credential is given
  LoginAnswers answers;              // nor these
  std::string become_password = "";  // to become another user with
};

// Which option asks for something of ssh_config(5), as only the own daemon can follow it; empty:
// none does, `-F none` included.
absl::string_view SshConfigOption(const Options& options);

// Login.local and Login.ssh_config. The former has what was given alone: the rest is ssh_config's
// to say, also where no file of it is read. INVALID_ARGUMENT says which option is wrong. Reads the
// environment ($HOME, $SSH_AUTH_SOCK, $KRB5CCNAME), and pipes: may block.
absl::Status FillOwnLogin(const Options& options, const LoginSecrets& secrets, v1::Login* login);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_OWN_LOGIN_H_
