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

// Whether that can be expected to go well: for who is to be told before hours of work are done.
absl::Status CheckWritable(const std::string& path);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_WHOLE_FILE_H_
