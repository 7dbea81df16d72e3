// What stands ahead of a command within its line: the environment, the working directory, the
// umask.
#ifndef SERVICE_PREPARE_LINE_SETUP_H_
#define SERVICE_PREPARE_LINE_SETUP_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// Who reads it.
enum class LineShell {
  kLogin,  // a POSIX shell, fish or csh; any other one runs nothing and ends with 126
  kPosix,  // /bin/sh; newlines stand within quotes only
};

// Empty for none; so are the others.
std::string Exports(const std::map<std::string, std::string>& variables, LineShell shell);
// Its umask, working directory and environment. What cannot be done runs nothing, says so on the
// host's standard error, and ends with 126. INVALID_ARGUMENT: as of PartsOf, with the field's name.
absl::StatusOr<std::string> SetupOf(const v1::Command& command, LineShell shell);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_LINE_SETUP_H_
