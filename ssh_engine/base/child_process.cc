#include "ssh_engine/base/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

// libssh keeps descriptors in 16 bits in one place.
constexpr int kMaxDescriptor = 65535;

struct Ends {
  UniqueFd input;  // the child's
  UniqueFd output;
  UniqueFd errors;
};

int OpenNull(UniqueFd* its) {
  its->Reset(open("/dev/null", O_RDWR | O_CLOEXEC));
  return its->valid() ? 0 : errno;
}

// Ours alone does not block: programs expect theirs to wait.
int MakePipe(UniqueFd* ours, UniqueFd* its) {
  int pipe[2];
  if (pipe2(pipe, O_CLOEXEC) != 0) return errno;
  ours->Reset(pipe[0]);
  its->Reset(pipe[1]);
  return fcntl(pipe[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

int MakeConnection(UniqueFd* ours, Ends* its) {
  int sockets[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return errno;
  ours->Reset(sockets[0]);
  its->input.Reset(sockets[1]);
  its->output.Reset(fcntl(sockets[1], F_DUPFD_CLOEXEC, 0));
  if (!its->output.valid()) return errno;
  if (sockets[0] > kMaxDescriptor) return EMFILE;
  return fcntl(sockets[0], F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

// 0, or errno's.
int MakeEnds(ChildStreams streams, StartedChild* ours, Ends* its) {
  if (streams == ChildStreams::kConnection) {
    const int error = MakeConnection(&ours->connection, its);
    return error != 0 ? error : MakePipe(&ours->errors, &its->errors);
  }
  if (const int error = OpenNull(&its->input); error != 0) return error;
  const bool nothing = streams == ChildStreams::kNothing;
  const int error = nothing ? OpenNull(&its->output) : MakePipe(&ours->output, &its->output);
  if (error != 0) return error;
  return nothing ? OpenNull(&its->errors) : MakePipe(&ours->errors, &its->errors);
}

// bash takes a socket for rshd's, and reads ~/.bashrc, which may write, unless it has been started
// by a shell.
std::vector<std::string> EnvironmentFor(const std::string& agent_socket) {
  std::vector<std::string> variables = {"SHLVL=1"};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text = *variable;
    if (absl::StartsWith(text, "SHLVL=") || absl::StartsWith(text, "SSH_AUTH_SOCK=")) continue;
    variables.emplace_back(text);
  }
  if (!agent_socket.empty()) variables.push_back(absl::StrCat("SSH_AUTH_SOCK=", agent_socket));
  return variables;
}

std::vector<char*> PointersTo(std::vector<std::string>* strings) {
  std::vector<char*> pointers;
  for (std::string& text : *strings) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string Shell() {
  const char* const shell = getenv("SHELL");
  return shell != nullptr && *shell != '\0' ? shell : "/bin/sh";
}

// What it has, and how it begins.
class SpawnSettings {
 public:
  explicit SpawnSettings(const Ends& ends) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, ends.input.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, ends.output.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, ends.errors.get(), STDERR_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  int Spawn(const std::string& program, char* const* arguments, char* const* environment,
            pid_t* pid) const {
    return posix_spawn(pid, program.c_str(), &actions_, &attributes_, arguments, environment);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

StartedChild Failure(int error, std::string what) {
  StartedChild none;
  none.error = error;
  none.what = std::move(what);
  return none;
}

// Where it cannot be watched, there had better be none.
void KillAndReap(pid_t pid) {
  kill(-pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace

ChildProcess::~ChildProcess() {
  if (!End().has_value()) SignalGroup(SIGKILL);
  siginfo_t info = {};
  while (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

void ChildProcess::SignalGroup(int number) const { kill(-pid_, number); }

absl::optional<ProcessEnd> ChildProcess::End() const {
  siginfo_t info = {};
  const int how = WEXITED | WNOHANG | WNOWAIT;
  if (waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, how) != 0) return absl::nullopt;
  if (info.si_pid == 0) return absl::nullopt;
  return ProcessEnd{info.si_code != CLD_EXITED, info.si_status};
}

StartedChild StartChild(const std::string& line, const std::string& agent_socket,
                        ChildStreams streams) {
  StartedChild child;
  Ends ends;
  const int missing = MakeEnds(streams, &child, &ends);
  if (missing != 0) return Failure(missing, "its input and output");
  std::vector<std::string> arguments = {Shell(), "-c", absl::StrCat("exec ", line)};
  std::vector<std::string> environment = EnvironmentFor(agent_socket);
  pid_t pid = 0;
  const int error = SpawnSettings(ends).Spawn(arguments[0], PointersTo(&arguments).data(),
                                              PointersTo(&environment).data(), &pid);
  if (error != 0) return Failure(error, arguments[0]);
  UniqueFd pidfd(pidfd_open(pid, 0));
  if (!pidfd.valid()) {
    const int why = errno;
    KillAndReap(pid);
    return Failure(why, "pidfd_open");
  }
  child.process = std::make_unique<ChildProcess>(pid, std::move(pidfd));
  return child;
}

}  // namespace muster::engine
