// Lines that were typed, in a file.
#ifndef CLIENT_COMMANDS_LINE_HISTORY_H_
#define CLIENT_COMMANDS_LINE_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace muster::client {

// How many are read.
inline constexpr size_t kMostHistoryLines = 2000;

// The newest lines of the file, the oldest of them first; none where it cannot be read.
std::vector<std::string> ReadHistory(const std::string& path);

// Adds one, to a file that is made for its user alone (0600), and shortened to half where it has
// more than 256 KiB. Several processes may do so at the same time. PERMISSION_DENIED: it is no
// file of this user's; others: of the system's, with the path.
absl::Status AppendToHistory(const std::string& path, const std::string& line);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_LINE_HISTORY_H_
