// Files that muster reads by itself.
#ifndef CLIENT_TEXT_READ_FILE_H_
#define CLIENT_TEXT_READ_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace muster::client {

// The whole of a file, of a pipe to its end, of standard input where `path` is "-"; at most 16 MiB.
// Blocks. The error names the file.
absl::StatusOr<std::string> ReadFile(const std::string& path);

}  // namespace muster::client

#endif  // CLIENT_TEXT_READ_FILE_H_
