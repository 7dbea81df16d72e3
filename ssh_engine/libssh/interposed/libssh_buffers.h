// What libssh's sessions keep in memory while nothing happens.
#ifndef SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_BUFFERS_H_
#define SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_BUFFERS_H_

#include <libssh/libssh.h>

#include <cstddef>
#include <vector>

namespace muster::engine {

// libssh 0.10's buffers grow to the largest packet they ever held and then keep 64 KiB
// (ssh_buffer_reinit, buffer.c): two of each session, one more of each channel that had output, for
// as long as the session lives. This knows a session's buffers, and between uses of libssh gives
// back the memory that holds nothing, for the next session to use while it is in the cache.
//
// Within a Scope every buffer that libssh makes on this thread is noted, until it is freed. So
// every use of the session that may free one is within a scope, but for the end of the session.
// Loop-confined, but for a scope on a helper thread while nobody else uses it.
class LibsshBuffers {
 public:
  class Scope;

  // Of the buffers' memory what holds nothing.
  void GiveBack();
  size_t count() const { return buffers_.size(); }
  // The one that was made last; null: there is none.
  ssh_buffer newest() const { return buffers_.empty() ? nullptr : buffers_.back(); }
  bool Has(ssh_buffer buffer) const;
  // What they keep, in bytes.
  size_t allocated() const;

  // --- What libssh calls, within a scope.
  void Note(ssh_buffer buffer) { buffers_.push_back(buffer); }
  void Forget(ssh_buffer buffer);

 private:
  std::vector<ssh_buffer> buffers_;
};

class LibsshBuffers::Scope {
 public:
  explicit Scope(LibsshBuffers* buffers);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  LibsshBuffers* const outer_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_INTERPOSED_LIBSSH_BUFFERS_H_
