// A connection to an agent that another thread can break off.
#ifndef SSH_ENGINE_LIBSSH_AGENT_LINK_H_
#define SSH_ENGINE_LIBSSH_AGENT_LINK_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "ssh_engine/base/mutex.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::engine {

// Used by one thread at a time, but for Abort.
class AgentLink {
 public:
  ~AgentLink() { Close(); }

  // Blocks for as long as the agent's backlog is full, at most five seconds.
  bool Open(const std::string& path);
  void Close();
  // A read or write under way ends at once. Any thread.
  void Abort();
  // -1: it is not open.
  int fd();

 private:
  Mutex mutex_;
  UniqueFd fd_ ABSL_GUARDED_BY(mutex_);
  bool aborted_ ABSL_GUARDED_BY(mutex_) = false;
};

// Where libssh gets the list of an agent's keys from: holds one key, and signs nothing.
class OneKeyAgent {
 public:
  // Wire format (RFC 4253, 6.6).
  explicit OneKeyAgent(const std::string& public_key);

  // -1: there is none.
  int fd() const { return libsshs_.get(); }

 private:
  UniqueFd libsshs_;
  UniqueFd ours_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_AGENT_LINK_H_
