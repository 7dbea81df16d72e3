// Secrets that a command gives: of pass, of a vault.
#ifndef PROTO_CONTRACT_SECRET_COMMAND_H_
#define PROTO_CONTRACT_SECRET_COMMAND_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster {

// It may have to ask a person.
constexpr absl::Duration kSecretCommandTime = absl::Minutes(2);

// The first line that /bin/sh -c `line` writes to its standard output, without its end. It reads
// nothing, and has this process' standard error, environment and terminal. FAILED_PRECONDITION: it
// could not be run, ended otherwise than with 0 (as when it writes more than 4 KiB), or wrote
// nothing; DEADLINE_EXCEEDED: it took longer than `time`, and was killed; INVALID_ARGUMENT: a line
// of more than 4 KiB. None of them tells what it wrote. Blocks.
absl::StatusOr<std::string> ReadFromCommand(const std::string& line,
                                            absl::Duration time = kSecretCommandTime);

}  // namespace muster

#endif  // PROTO_CONTRACT_SECRET_COMMAND_H_
