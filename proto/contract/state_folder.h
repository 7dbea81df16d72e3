// Where a user's own daemon keeps its runs and is found: what muster and musterd agree on.
#ifndef PROTO_CONTRACT_STATE_FOLDER_H_
#define PROTO_CONTRACT_STATE_FOLDER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster {

// In a daemon's state folder: the socket that it serves, or a link to it.
inline constexpr char kSocketName[] = "musterd.sock";
// In the same: locked (flock) by the daemon that lives there, for as long as its process does; the
// lines are its process, its machine and its version.
inline constexpr char kLockName[] = "runs/lock";

// $HOME; where that is unset, "/", somebody else's or not writable, what the passwd entry says.
// FAILED_PRECONDITION: neither can be used, and why. Thread-safe.
absl::StatusOr<std::string> HomeFolder();

// $XDG_STATE_HOME/muster, or .local/state/muster in the home: the same for a user's login sessions,
// cron and services. Errors are HomeFolder's; INVALID_ARGUMENT: $XDG_STATE_HOME is not absolute.
absl::StatusOr<std::string> OwnStateFolder();

// Makes the folder (0700) and those above it, or checks that it is the user's alone. Errors say
// what to do. Thread-safe.
absl::Status EnsurePrivateFolder(const std::string& path);

}  // namespace muster

#endif  // PROTO_CONTRACT_STATE_FOLDER_H_
