#include "client/library/daemon_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "proto/contract/state_folder.h"

namespace muster::client {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

std::string ThisMachine() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "";
}

DaemonProcess Parse(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  DaemonProcess daemon;
  if (!absl::SimpleAtoi(lines[0], &daemon.pid)) daemon.pid = 0;
  if (lines.size() > 1) daemon.machine = lines[1];
  if (lines.size() > 2) daemon.version = lines[2];
  return daemon;
}

}  // namespace

bool DaemonProcess::is_here() const { return machine.empty() || machine == ThisMachine(); }

std::string DaemonProcess::Name() const {
  return absl::StrCat("musterd", version.empty() ? "" : " ", version, ", process ", pid,
                      is_here() ? "" : " on ", is_here() ? "" : machine);
}

std::optional<DaemonProcess> FindDaemon(const std::string& state_folder) {
  const std::string path = absl::StrCat(state_folder, "/", kLockName);
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.get() < 0) return std::nullopt;
  // A daemon that starts at this moment tries again.
  if (flock(file.get(), LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK) return std::nullopt;
  char text[512];
  const ssize_t size = pread(file.get(), text, sizeof(text), 0);
  struct stat info = {};
  if (size < 0 || fstat(file.get(), &info) != 0) return std::nullopt;
  DaemonProcess daemon = Parse(std::string(text, static_cast<size_t>(size)));
  daemon.since = absl::FromTimeT(info.st_mtime);
  return daemon;
}

absl::Status EndDaemon(const std::string& state_folder, const DaemonProcess& daemon,
                       absl::Duration patience) {
  if (!daemon.is_here()) {
    return absl::FailedPreconditionError(absl::StrCat(daemon.Name(), " can only be ended there"));
  }
  if (daemon.pid <= 0) return absl::NotFoundError("musterd does not say which process it is");
  const Descriptor process(pidfd_open(daemon.pid, 0));
  if (process.get() < 0) return absl::ErrnoToStatus(errno, daemon.Name());
  // The number was this daemon's when the process was opened, or it has been given to another one.
  const std::optional<DaemonProcess> now = FindDaemon(state_folder);
  if (!now.has_value() || now->pid != daemon.pid)
    return absl::NotFoundError("it has ended already");
  if (pidfd_send_signal(process.get(), SIGTERM, nullptr, 0) != 0) {
    return absl::ErrnoToStatus(errno, daemon.Name());
  }
  pollfd ended = {process.get(), POLLIN, 0};
  if (poll(&ended, 1, static_cast<int>(absl::ToInt64Milliseconds(patience))) > 0) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat(
      daemon.Name(), " was asked to end and has not within ", absl::FormatDuration(patience),
      "; kill -9 ", daemon.pid, " ends it, and the outcome of commands under way is then unknown"));
}

}  // namespace muster::client
