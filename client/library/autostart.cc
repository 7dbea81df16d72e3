#include "client/library/autostart.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "client/library/daemon_process.h"
#include "client/library/unix_connection.h"
#include "proto/contract/state_folder.h"

namespace muster::client {
namespace {

constexpr char kIdleTimeout[] = "15m";
constexpr int kStartMilliseconds = 10'000;
// For another daemon in the folder to listen, or to be gone: one that ends takes some ten seconds.
constexpr absl::Duration kOtherPatience = absl::Seconds(20);
constexpr absl::Duration kOtherPause = absl::Milliseconds(50);
constexpr absl::Duration kTellAfter = absl::Seconds(2);

bool IsProgram(const std::string& path) { return access(path.c_str(), X_OK) == 0; }

absl::Status Reach(const ServerAddress& address) {
  return UnixConnection::Open(address.path(), address.trusted_user).status();
}

// In a child's child, so that it is nobody's to wait for. Never returns.
[[noreturn]] void RunDaemon(const std::string& musterd, const std::string& folder, int output,
                            int ready) {
  setsid();
  if (fork() != 0) _exit(0);
  // Out of the way first: muster may have been started without standard files.
  const int moved_output = fcntl(output, F_DUPFD, 10);
  const int moved_ready = fcntl(ready, F_DUPFD, 10);
  const int null = fcntl(open("/dev/null", O_RDWR), F_DUPFD, 10);
  dup2(null, 0);
  dup2(null, 1);
  dup2(moved_output, 2);
  dup2(moved_ready, 3);
  close_range(4, ~0U, 0);
  // What muster was told to ignore (nohup) is not the daemon's.
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  [[maybe_unused]] const int moved = chdir("/");
  execl(musterd.c_str(), "musterd", "--state-dir", folder.c_str(), "--idle-timeout", kIdleTimeout,
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
bool Start(const std::string& musterd, const std::string& folder, std::string* said) {
  int output[2];
  int ready[2];
  if (pipe2(output, O_CLOEXEC) != 0 || pipe2(ready, O_CLOEXEC) != 0) {
    *said = strerror(errno);
    return false;
  }
  const pid_t child = fork();
  if (child == 0) RunDaemon(musterd, folder, output[1], ready[1]);
  close(output[1]);
  close(ready[1]);
  if (child > 0) waitpid(child, nullptr, 0);
  const bool is_ready = !ReadFor(ready[0], kStartMilliseconds, true).empty();
  if (!is_ready) *said = ReadFor(output[0], 200, false);
  close(output[0]);
  close(ready[0]);
  return is_ready;
}

// Of its log's lines, the complaint; else all.
std::string Complaint(const std::string& said) {
  const std::string kError = "[error] cannot start: ";
  const size_t at = said.rfind(kError);
  const std::string text = at == std::string::npos ? said : said.substr(at + kError.size());
  return std::string(absl::StripAsciiWhitespace(text));
}

absl::Status DoesNotListen(const DaemonProcess& daemon, const std::string& folder) {
  if (!daemon.is_here()) {
    return absl::UnavailableError(absl::StrCat(
        daemon.Name(), " holds ", folder,
        ", which this machine shares with that one: give each a "
        "folder of its own ($XDG_STATE_HOME), or call that daemon over the network (--server)"));
  }
  return absl::UnavailableError(
      absl::StrCat(daemon.Name(), " holds ", folder,
                   " and does not listen on its socket there; if it "
                   "listens elsewhere name that (--server), else: muster daemon restart"));
}

// One of before the socket was in the folder: it will not come there.
bool IsOld(const DaemonProcess& daemon) { return daemon.pid > 0 && daemon.version.empty(); }

// Until the folder's daemon listens. NOT_FOUND: there is none, or none any more.
absl::Status AwaitOther(const ServerAddress& address, const std::string& folder,
                        absl::Time give_up) {
  const absl::Time tell = absl::Now() + kTellAfter;
  for (bool told = false;; absl::SleepFor(kOtherPause)) {
    if (Reach(address).ok()) return absl::OkStatus();
    const std::optional<DaemonProcess> daemon = FindDaemon(folder);
    if (!daemon.has_value()) return absl::NotFoundError(folder);
    if (absl::Now() >= give_up || IsOld(*daemon)) return DoesNotListen(*daemon, folder);
    if (told || absl::Now() < tell) continue;
    told = true;
    fprintf(stderr, "muster: waiting for %s, which starts or ends\n", daemon->Name().c_str());
  }
}

// Where another daemon was in the way and has ended, there is room now.
absl::Status StartOrFind(const std::string& musterd, const ServerAddress& address,
                         const std::string& folder) {
  const absl::Time give_up = absl::Now() + kOtherPatience;
  for (;;) {
    const absl::Status other = AwaitOther(address, folder, give_up);
    if (!absl::IsNotFound(other)) return other;
    std::string said;
    if (Start(musterd, folder, &said) || Reach(address).ok()) return absl::OkStatus();
    if (FindDaemon(folder).has_value()) continue;  // was quicker
    return absl::UnavailableError(
        absl::StrCat(musterd, " did not start", said.empty() ? "" : ": ", Complaint(said)));
  }
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
  const std::string folder = std::filesystem::path(address.path()).parent_path();
  if (absl::Status made = EnsurePrivateFolder(folder); !made.ok()) return made;
  if (absl::Status status = Reach(address); !absl::IsNotFound(status)) return status;
  std::error_code ignored;
  const std::string self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string musterd = FindMusterd(self);
  if (musterd.empty()) {
    return absl::UnavailableError(
        "there is no musterd to start: put it beside muster or on the PATH, or name it in "
        "$MUSTERD");
  }
  std::error_code gone;  // the folder that muster is called in; then only a whole path will do
  const std::filesystem::path absolute = std::filesystem::absolute(musterd, gone);
  return StartOrFind(gone ? std::filesystem::path(musterd) : absolute, address, folder);
}

}  // namespace muster::client
