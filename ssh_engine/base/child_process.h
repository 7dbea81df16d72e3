// Processes of the user's shell.
#ifndef SSH_ENGINE_BASE_CHILD_PROCESS_H_
#define SSH_ENGINE_BASE_CHILD_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/types/optional.h"
#include "ssh_engine/base/unique_fd.h"

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

// A process, and our ends of what it has, non-blocking; or why there is none. A value.
struct StartedChild {
  std::unique_ptr<ChildProcess> process;
  UniqueFd connection;  // its input and output
  UniqueFd output;      // its output alone
  UniqueFd errors;      // its standard error
  int error = 0;        // errno's, where there is no process
  std::string what;     // that failed
};

// What a child reads from and writes to.
enum class ChildStreams {
  kConnection,  // StartedChild's connection, and errors
  kOutput,      // StartedChild's output, and errors; its input is /dev/null
  kNothing,     // /dev/null
};

// As ssh runs commands (ssh_proxy_connect, sshconnect.c; execute_in_shell, readconf.c): $SHELL,
// else /bin/sh, -c "exec LINE", in the environment of this process, with `agent_socket` as
// SSH_AUTH_SOCK (none where it is empty), no signals blocked or ignored and no other descriptors.
// Blocks for as long as fork(2) and execve(2) take: helper threads only.
StartedChild StartChild(const std::string& line, const std::string& agent_socket,
                        ChildStreams streams);

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_CHILD_PROCESS_H_
