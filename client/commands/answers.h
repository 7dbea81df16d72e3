// Where answers to questions of keyboard-interactive come from: a file, the terminal.
#ifndef CLIENT_COMMANDS_ANSWERS_H_
#define CLIENT_COMMANDS_ANSWERS_H_

#include "absl/status/statusor.h"
#include "client/library/server_address.h"
#include "client/options/options.h"
#include "client/options/own_login.h"

namespace muster::client {

// Those of a run or rerun, once for all hosts: those of --ask-answer, then those of the file. May
// ask, and may block on a pipe. Errors name the option, and what to do: INVALID_ARGUMENT; those of
// AskSecret; of the file.
absl::StatusOr<LoginAnswers> FindAnswers(const Options& options, const ServerAddress& server);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_ANSWERS_H_
