// What is sent to a host to run.
#ifndef SERVICE_PREPARE_COMMAND_LINE_H_
#define SERVICE_PREPARE_COMMAND_LINE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// One word that stands for exactly this text in POSIX shells and fish, and without newlines in csh.
// Not for the first word of a command: that may be an assignment.
std::string QuoteForShell(absl::string_view text);

// The line for the remote user's login shell. Environment goes in front of it: an SSH request of
// its own would cost a round trip, and servers refuse most names (AcceptEnv). A login shell that
// cannot set it runs nothing, says so, and ends with 126. INVALID_ARGUMENT: no command, a NUL, a
// bad variable name, or too long.
absl::StatusOr<std::string> CommandLine(const v1::Command& command);

using Variables = google::protobuf::Map<std::string, std::string>;
// What is wrong with them: a bad name, a value with a NUL. Empty where nothing is.
std::string ProblemOfVariables(const Variables& variables);
// What stands before a CommandLine where these are set as well; its own count more. Empty for none.
std::string Exports(const Variables& variables);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_COMMAND_LINE_H_
