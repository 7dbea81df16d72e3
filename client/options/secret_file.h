// Files that hold a secret.
#ifndef CLIENT_OPTIONS_SECRET_FILE_H_
#define CLIENT_OPTIONS_SECRET_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace muster::client {

// What a file or pipe ("<(pass show web)") of at most 4 KiB holds, but for a line end at its end.
// "-" is not standard input, which is the commands'. May block on a pipe. Errors name the file:
// NOT_FOUND; FAILED_PRECONDITION where the caller may not read it, or others may: as with ssh's key
// files anybody else where it is the caller's own, everybody where it is somebody else's (a group
// may be meant to); INVALID_ARGUMENT for what is neither file nor pipe, or is too long.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_SECRET_FILE_H_
