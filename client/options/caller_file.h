// Files that a caller can open and its daemon cannot.
#ifndef CLIENT_OPTIONS_CALLER_FILE_H_
#define CLIENT_OPTIONS_CALLER_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace muster::client {

// "~/" is $HOME, as where the shell did not see it (--inventory=~/hosts).
std::string AbsolutePath(const std::string& path);

// An absolute path for the caller's own daemon. What only this process can read -
// "-" for standard input, a pipe, /dev/fd/63 as the shell writes for <(...) - is read to its end
// into memory that only this user can open, for as long as this process lives. May block. An error
// names the file; one that does not exist is the daemon's to tell.
absl::StatusOr<std::string> PathForDaemon(const std::string& path);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_CALLER_FILE_H_
