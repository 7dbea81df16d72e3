// A process of the user's shell whose input and output are a connection.
#ifndef SSH_ENGINE_PROXY_CHILD_PROCESS_H_
#define SSH_ENGINE_PROXY_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/types/optional.h"
#include "ssh_engine/base/unique_fd.h"
#include "ssh_engine/host.h"

namespace muster::engine {

// A value.
struct ProcessEnd {
  bool by_signal = false;
  int number = 0;  // the signal's, or the exit status
};

// A child that leads a session, and so a process group, of its own. Reaped by the destructor and by
// nobody else, so that its number is nobody else's before. One thread at a time.
class ChildProcess {
 public:
  ChildProcess(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  // Kills its group where it has not ended, and waits for that.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Readable once it has ended.
  int pidfd() const { return pidfd_.get(); }
  // Also when it has ended: of what it has left behind in its group.
  void SignalGroup(int number) const;
  // How it ended; none: it has not.
  absl::optional<ProcessEnd> End() const;

 private:
  const pid_t pid_;
  const UniqueFd pidfd_;
};

// A process, and our ends of what it has, both non-blocking; or why there is none. A value.
struct StartedChild {
  std::unique_ptr<ChildProcess> process;
  UniqueFd connection;  // its input and output
  UniqueFd errors;      // its standard error
  int error = 0;        // errno's, where there is no process
  std::string what;     // that failed
};

// As ssh runs a ProxyCommand (ssh_proxy_connect, sshconnect.c): $SHELL, else /bin/sh, -c "exec
// LINE", in the environment of this process, with no signals blocked or ignored and no other
// descriptors. Blocks for as long as fork(2) and execve(2) take: helper threads only.
StartedChild StartChild(const ProxyCommand& command);

}  // namespace muster::engine

#endif  // SSH_ENGINE_PROXY_CHILD_PROCESS_H_
