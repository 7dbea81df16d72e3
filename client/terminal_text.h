// What subcommands say.
#ifndef CLIENT_TERMINAL_TEXT_H_
#define CLIENT_TERMINAL_TEXT_H_

#include <string>

#include "absl/status/status.h"

namespace muster::client {

// To standard output, as it is.
void Print(const std::string& text);

// "muster: ..." on standard error. Returns the exit code of a call that failed so.
int Complain(const absl::Status& status);

}  // namespace muster::client

#endif  // CLIENT_TERMINAL_TEXT_H_
