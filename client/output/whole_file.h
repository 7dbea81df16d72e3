// Files that are there wholly or not at all.
#ifndef CLIENT_OUTPUT_WHOLE_FILE_H_
#define CLIENT_OUTPUT_WHOLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace muster::client {

// Writes a file beside it and renames that. What is no regular file (/dev/stdout, a pipe) is
// written to as it is.
absl::Status WriteWholeFile(const std::string& path, absl::string_view text);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_WHOLE_FILE_H_
