// What is sent to a host to run.
#ifndef SERVICE_PREPARE_COMMAND_LINE_H_
#define SERVICE_PREPARE_COMMAND_LINE_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// The line for the remote user's login shell. Environment, working directory and umask go in front
// of the command: an SSH request of its own would cost a round trip, and servers refuse most names
// (AcceptEnv). INVALID_ARGUMENT, with a field's name: no command, a NUL, a bad variable name, a
// script that cannot be run, a placeholder that is none, or too long.
absl::StatusOr<std::string> CommandLine(const v1::Command& command);
// What such a line reads ahead of the command's input. Null: nothing.
std::shared_ptr<const std::string> PrologueOf(const v1::Command& command);

using Variables = google::protobuf::Map<std::string, std::string>;
// What is wrong with them: a bad name, a value with a NUL. Empty where nothing is.
std::string ProblemOfVariables(const Variables& variables);

// What differs from host to host in a run's lines. A value.
struct PerHost {
  std::set<std::string> placeholders;  // of its command and its probe
};
PerHost PerHostOf(const v1::RunSpec& spec);
// What stands before every CommandLine on this host: sets its variables, of which a command's own
// count more, and what placeholders stand for. Empty for none. `index`: RunHost's, in the run.
std::string HostPrefix(const PerHost& differing, const v1::RunHost& host, uint32_t index);
// INVALID_ARGUMENT: something that this host has not.
absl::Status CheckHost(const v1::RunSpec& spec, const PerHost& differing, const v1::RunHost& host,
                       uint32_t index);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_COMMAND_LINE_H_
