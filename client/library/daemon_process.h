// The musterd that lives in a state folder, by the folder's lock.
#ifndef CLIENT_LIBRARY_DAEMON_PROCESS_H_
#define CLIENT_LIBRARY_DAEMON_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace muster::client {

// A value.
struct DaemonProcess {
  pid_t pid = 0;
  std::string machine;  // "": it did not say (an older one)
  std::string version;  // the same
  absl::Time since;

  // On this machine: a home may be shared with others.
  bool is_here() const;
  // "musterd 0.6.0, process 4711", and its machine where that is another one.
  std::string Name() const;
};

// Who holds the folder; none: nobody does, or it cannot be seen. Does not block.
std::optional<DaemonProcess> FindDaemon(const std::string& state_folder);

// Asks it to end and waits until it has. NOT_FOUND: it has ended already; PERMISSION_DENIED;
// FAILED_PRECONDITION: it is on another machine; DEADLINE_EXCEEDED: it goes on.
absl::Status EndDaemon(const std::string& state_folder, const DaemonProcess& daemon,
                       absl::Duration patience);

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_DAEMON_PROCESS_H_
