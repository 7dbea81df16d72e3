// Connects to a musterd's unix socket, and sees to it who is at the other end.
#ifndef CLIENT_LIBRARY_UNIX_CONNECTION_H_
#define CLIENT_LIBRARY_UNIX_CONNECTION_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace muster::client {

// A connected, non-blocking socket; closed at the end unless it was released. Moved, not copied.
class UnixConnection {
 public:
  // `trusted`: whose daemon may answer, beside the caller's own and root's; -1: nobody's. Nothing
  // is sent: whoever made the socket's folder could else be told secrets. Blocks while the daemon's
  // backlog is full. NOT_FOUND: there is no such socket, or nobody listens on it;
  // PERMISSION_DENIED: it may not be opened, or is another user's; UNAVAILABLE: anything else.
  static absl::StatusOr<UnixConnection> Open(const std::string& path, uid_t trusted);

  UnixConnection(UnixConnection&& other) noexcept : fd_(other.Release()) {}
  UnixConnection& operator=(UnixConnection&&) = delete;
  ~UnixConnection();

  // Waits for the first that a gRPC server says, without taking it: a daemon that hangs, ends, or
  // is no musterd is found out here. UNAVAILABLE, with what it did.
  absl::Status AwaitGreeting(const std::string& path) const;
  int Release();

 private:
  explicit UnixConnection(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace muster::client

#endif  // CLIENT_LIBRARY_UNIX_CONNECTION_H_
