// Sockets that the daemon listens on.
#ifndef SERVICE_LISTEN_LISTENING_SOCKET_H_
#define SERVICE_LISTEN_LISTENING_SOCKET_H_

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/listen/listen_address.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {

// A bound, listening, non-blocking socket. Of a unix socket, it also holds the lock that says that
// a daemon serves it, and removes the file at the end. Used from one thread at a time.
class ListeningSocket {
 public:
  // A unix socket is 0600; its folder (made 0700 where missing) must be one in which nobody but the
  // daemon's user and root can replace it. Where the file system has no sockets it lies in a new
  // folder in /tmp, and the path is a link to it. What a daemon that is gone has left behind is
  // removed; ALREADY_EXISTS when one is alive. Errors name the address and what to do.
  static absl::StatusOr<ListeningSocket> Open(const ListenAddress& address);

  ListeningSocket(ListeningSocket&& other) noexcept = default;
  ListeningSocket& operator=(ListeningSocket&& other) = delete;
  // Closes.
  ~ListeningSocket();

  // Changes with Renew.
  int fd() const { return fd_.get(); }
  bool is_unix() const { return lock_.valid(); }
  // "unix:/run/musterd/s", "127.0.0.1:40123": with the port that it got.
  const std::string& name() const { return name_; }

  // Of a unix socket: a link to it, which is kept up and removed with it.
  absl::Status LinkFrom(const std::string& link);
  // Whether a unix socket's file, and the link, are still where they were made: somebody may have
  // removed them (a cleaned /tmp, a folder that went at logout). Connections go on then, new ones
  // find nobody.
  bool IsThere() const;
  // Makes them anew.
  absl::Status Renew();
  // Turns away who waits and who comes; the lock is held until the end.
  void Close();

 private:
  ListeningSocket(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  static absl::StatusOr<ListeningSocket> OpenUnix(const std::string& path);
  static absl::StatusOr<ListeningSocket> OpenTcp(const ListenAddress& address);
  absl::Status MakeSocket();
  absl::Status MakeElsewhere();
  absl::Status NoteFile(const std::string& path);
  absl::Status KeepLock();
  bool IsAt(const std::string& path) const;

  UniqueFd fd_;
  std::string name_;
  // Of a unix socket:
  UniqueFd lock_;
  std::string path_;
  std::string elsewhere_;  // where the path is a link
  std::string link_;       // "" where there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_LISTEN_LISTENING_SOCKET_H_
