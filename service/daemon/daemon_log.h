// musterd's log.
#ifndef SERVICE_DAEMON_DAEMON_LOG_H_
#define SERVICE_DAEMON_DAEMON_LOG_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "spdlog/formatter.h"

namespace muster::service {

// To standard error and to `file`, which is appended to; also what protobuf says, as debug.
// UNAVAILABLE: it cannot be. Once, before anything is logged.
absl::Status StartLog(const std::string& file, const std::string& level);

// How a line of it looks. Names of callers, ids of runs and what peers and libraries said are in
// messages: each of them is one line and can be read, whatever it holds.
std::unique_ptr<spdlog::formatter> NewLogFormatter();

}  // namespace muster::service

#endif  // SERVICE_DAEMON_DAEMON_LOG_H_
