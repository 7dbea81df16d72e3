// A session's socket as libssh sees it: answered from memory.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_SOCKET_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_SOCKET_H_

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

// libssh asks poll(2) before each 4 KiB that it receives and before each packet that it sends, and
// sends each packet by itself. While a Scope of this is open on a thread, libssh's recv, send and
// poll on this socket come here instead of to the kernel: what has come is received at once, up to
// 64 KiB ahead, and what is sent goes out in one piece when the scope ends.
//
// Between scopes nothing that was received is held back, but for KeepInput: who opens a scope feeds
// libssh until HasInput() is false. Loop-confined, but for a scope on a helper thread while nobody
// else uses it.
class LibsshSocket {
 public:
  class Scope;

  LibsshSocket();
  ~LibsshSocket();
  // The socket stays the caller's.
  void SetFd(int fd) { fd_ = fd; }
  int fd() const { return fd_; }

  // --- Within a scope.

  // The bytes that were received and not taken yet; receives if there are none. Empty: nothing has
  // come, or nothing more will (ended()).
  absl::string_view Peek();
  size_t input_size() const;
  // The peer has closed, or the connection is broken.
  bool ended() const { return ended_; }
  // No more is received within this scope.
  void StopReceiving() { drained_ = true; }
  // What was received and not taken is for the next scope.
  void KeepInput();
  // What is sent in this scope may wait for the next one's.
  void HoldOutput() { held_ = true; }
  // Sends what there is now, unless it is held. Whether bytes have come or gone in this scope.
  bool Flush();
  // The connection is no longer the caller's: nothing is sent any more.
  void Forget() { fd_ = -1; }

  // --- At any time. Whether bytes wait for the socket to become writable.
  bool HasUnsent() const { return !unsent_.empty() && !held_; }
  size_t unsent_size() const { return unsent_.size(); }

  // --- What libssh calls, within a scope.
  ssize_t Receive(void* to, size_t size);
  ssize_t Send(const void* from, size_t size);
  int Poll(pollfd* asked, int timeout);

  // The socket of this thread's innermost scope; null outside.
  static LibsshSocket* Current();

 private:
  struct Buffers;

  void Enter();
  void Leave();
  bool Fill();
  size_t Write(absl::string_view bytes);

  int fd_ = -1;
  std::string kept_;    // what was received for the next scope
  std::string unsent_;  // what the kernel did not take, or what is held
  bool held_ = false;
  bool send_failed_ = false;

  // Of the scope that is open.
  int depth_ = 0;
  LibsshSocket* outer_ = nullptr;
  std::unique_ptr<Buffers> buffers_;
  bool moved_ = false;    // bytes have come or gone
  bool drained_ = false;  // the kernel has no more, as far as it was asked
  bool ended_ = false;
  int error_ = 0;  // with ended_; 0: closed in order
};

class LibsshSocket::Scope {
 public:
  explicit Scope(LibsshSocket* socket) : socket_(socket) { socket_->Enter(); }
  ~Scope() { socket_->Leave(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  LibsshSocket* const socket_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_SOCKET_H_
