// What commands of this machine write.
#ifndef SERVICE_TARGETS_COMMAND_OUTPUT_H_
#define SERVICE_TARGETS_COMMAND_OUTPUT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace muster::service {

// What one command that $SHELL is given writes to its standard output, as this process' user, in
// its environment without SSH_AUTH_SOCK, with nothing to read. It is killed when `limit` is over.
// What it leaves behind is not waited for. `name`: for messages. Blocks: helper threads only.
// FAILED_PRECONDITION: it cannot be started, does not end, or fails, with what it wrote to its
// standard error; RESOURCE_EXHAUSTED: past kMaxInventoryBytes.
absl::StatusOr<std::string> OutputOf(const std::string& command, const std::string& name,
                                     absl::Duration limit);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_COMMAND_OUTPUT_H_
