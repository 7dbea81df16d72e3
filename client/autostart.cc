#include "client/autostart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

constexpr char kIdleTimeout[] = "15m";
constexpr int kStartMilliseconds = 10'000;

bool IsProgram(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

// 0, or why nobody could be reached.
int TryConnect(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
  path.copy(address.sun_path, path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int result = connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address));
  const int error = result == 0 ? 0 : errno;
  close(fd);
  return error;
}

// In /tmp anybody could have made it, to be sent our key files' paths and passphrases.
absl::Status CheckFolder(const std::string& socket_path) {
  const std::string folder = std::filesystem::path(socket_path).parent_path();
  struct stat info = {};
  if (lstat(folder.c_str(), &info) != 0) return absl::OkStatus();  // musterd makes it
  if (S_ISDIR(info.st_mode) && info.st_uid == geteuid() && (info.st_mode & 077) == 0) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      folder,
      ": must be a folder of yours that nobody else can enter; remove it, or chmod 700 it"));
}

// In a child's child, so that it is nobody's to wait for. Never returns.
[[noreturn]] void RunDaemon(const std::string& musterd, const std::string& target, int output,
                            int ready) {
  setsid();
  if (fork() != 0) _exit(0);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, 0);
  dup2(null, 1);
  dup2(output, 2);
  dup2(ready, 3);
  for (int fd = 4; fd < 1024; ++fd) close(fd);
  signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  [[maybe_unused]] const int moved = chdir("/");
  execl(musterd.c_str(), "musterd", "--listen", target.c_str(), "--idle-timeout", kIdleTimeout,
        "--ready-fd", "3", static_cast<char*>(nullptr));
  _exit(127);
}

// What comes until all writers are gone, or the time is over.
std::string ReadFor(int fd, int milliseconds, bool one_line) {
  std::string text;
  char buffer[4096];
  pollfd poller = {fd, POLLIN, 0};
  while (poll(&poller, 1, milliseconds) > 0) {
    const ssize_t size = read(fd, buffer, sizeof(buffer));
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
    if (one_line && text.find('\n') != std::string::npos) break;
  }
  return text;
}

// Whether the daemon said that it is ready; else `said` is what it complained of.
bool Start(const std::string& musterd, const std::string& target, std::string* said) {
  int output[2];
  int ready[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
    *said = strerror(errno);
    return false;
  }
  const pid_t child = fork();
  if (child == 0) RunDaemon(musterd, target, output[1], ready[1]);
  close(output[1]);
  close(ready[1]);
  if (child > 0) waitpid(child, nullptr, 0);
  const bool is_ready = !ReadFor(ready[0], kStartMilliseconds, true).empty();
  if (!is_ready) *said = ReadFor(output[0], 200, false);
  close(output[0]);
  close(ready[0]);
  return is_ready;
}

}  // namespace

std::string FindMusterd(const std::string& self) {
  const std::string named = FromEnvironment("MUSTERD");
  if (!named.empty()) return named;
  const std::filesystem::path folder = std::filesystem::path(self).parent_path();
  for (const std::filesystem::path& path :
       {folder / "musterd", (folder / "../service/musterd").lexically_normal()}) {
    if (IsProgram(path)) return path;
  }
  for (const absl::string_view entry : absl::StrSplit(FromEnvironment("PATH"), ':')) {
    const std::string path = absl::StrCat(entry, "/musterd");
    if (!entry.empty() && IsProgram(path)) return path;
  }
  return "";
}

absl::Status EnsureDaemon(const ServerAddress& address) {
  const absl::Status folder = CheckFolder(address.path());
  if (!folder.ok()) return folder;
  const int error = TryConnect(address.path());
  if (error == 0) return absl::OkStatus();
  if (error != ENOENT && error != ECONNREFUSED) {
    return absl::ErrnoToStatus(error, absl::StrCat("cannot connect to ", address.target));
  }
  std::error_code ignored;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string musterd = FindMusterd(self);
  if (musterd.empty()) {
    return absl::NotFoundError(
        "there is no musterd to start: put it beside muster or on the PATH, or name it in "
        "$MUSTERD");
  }
  std::string said;
  // Another caller's daemon may have been quicker.
  if (Start(musterd, address.target, &said) || TryConnect(address.path()) == 0) {
    return absl::OkStatus();
  }
  return absl::UnavailableError(
      absl::StrCat(musterd, " did not start", said.empty() ? "" : ": ", said));
}

}  // namespace muster::client
