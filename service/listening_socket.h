// Sockets that the daemon listens on.
#ifndef SERVICE_LISTENING_SOCKET_H_
#define SERVICE_LISTENING_SOCKET_H_

#include <string>

#include "absl/status/statusor.h"
#include "service/listen_address.h"
#include "ssh_engine/unique_fd.h"

namespace muster::service {

// A bound, listening, non-blocking socket. Of a unix socket, it also holds the lock that says that
// a daemon lives here, and removes the file at the end.
class ListeningSocket {
 public:
  // A unix socket's folder must be the daemon's own and closed to others (0700; made where
  // missing); the socket is 0600. What a daemon that is gone has left behind is removed;
  // ALREADY_EXISTS when one is alive. Errors name the address and what to do.
  static absl::StatusOr<ListeningSocket> Open(const ListenAddress& address);

  ListeningSocket(ListeningSocket&& other) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&& other) = delete;
  ~ListeningSocket();

  int fd() const { return fd_.get(); }
  bool is_unix() const { return lock_.valid(); }
  // "unix:/run/user/1000/muster/musterd.sock", "127.0.0.1:40123": with the port that it got.
  const std::string& name() const { return name_; }

 private:
  ListeningSocket(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  static absl::StatusOr<ListeningSocket> OpenUnix(const std::string& path);
  static absl::StatusOr<ListeningSocket> OpenTcp(const ListenAddress& address);

  UniqueFd fd_;
  UniqueFd lock_;     // a unix socket's
  std::string path_;  // a unix socket's
  std::string name_;
};

// Makes the folder, private to its owner, or checks that it is. The folder of sockets and state.
absl::Status EnsurePrivateFolder(const std::string& path);

}  // namespace muster::service

#endif  // SERVICE_LISTENING_SOCKET_H_
