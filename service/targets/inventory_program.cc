#include "service/targets/inventory_program.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "service/targets/inventory_file.h"
#include "ssh_engine/base/child_process.h"
#include "ssh_engine/base/peer_text.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::service {
namespace {

constexpr size_t kMaxErrorBytes = 1024;  // the last ones

// What a program writes, until it ends. Lives for one call.
class Reader {
 public:
  Reader(const std::string& path, engine::StartedChild child, absl::Time deadline)
      : path_(path), child_(std::move(child)), deadline_(deadline) {}

  absl::StatusOr<std::string> Read() {
    shutdown(child_.connection.get(), SHUT_WR);  // it has no input
    while (!child_.process->End().has_value()) {
      const absl::Duration left = deadline_ - absl::Now();
      if (left <= absl::ZeroDuration()) return Fail("did not end in time, and was killed");
      Wait(left);
      Drain();
      if (output_.size() > kMaxInventoryBytes) return TooLarge();
    }
    Drain();  // what it has left behind may keep its output open, and is not waited for
    if (output_.size() > kMaxInventoryBytes) return TooLarge();
    return Judge(*child_.process->End());
  }

 private:
  void Wait(absl::Duration most) {
    pollfd polled[] = {{child_.process->pidfd(), POLLIN, 0},
                       {output_ended_ ? -1 : child_.connection.get(), POLLIN, 0},
                       {errors_ended_ ? -1 : child_.errors.get(), POLLIN, 0}};
    poll(polled, std::size(polled), static_cast<int>(absl::ToInt64Milliseconds(most)) + 1);
  }

  void Drain() {
    output_ended_ = output_ended_ || !ReadFrom(child_.connection.get(), &output_);
    errors_ended_ = errors_ended_ || !ReadFrom(child_.errors.get(), &errors_);
    if (errors_.size() > kMaxErrorBytes) errors_.erase(0, errors_.size() - kMaxErrorBytes);
  }

  // What is there. False: its end.
  static bool ReadFrom(int fd, std::string* to) {
    char buffer[65536];
    while (to->size() <= kMaxInventoryBytes) {
      const ssize_t n = read(fd, buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return n < 0 && errno == EAGAIN;
      to->append(buffer, static_cast<size_t>(n));
    }
    return true;
  }

  absl::StatusOr<std::string> Judge(const engine::ProcessEnd& end) {
    if (end.by_signal) return Fail(absl::StrCat("was ended by signal ", end.number));
    if (end.number != 0) return Fail(absl::StrCat("ended with exit status ", end.number));
    return std::move(output_);
  }

  absl::Status Fail(const std::string& what) const {
    const std::string said = engine::PeerText(errors_);
    return absl::FailedPreconditionError(
        absl::StrCat("the inventory ", path_, " --list ", what,
                     said.empty() ? "" : absl::StrCat("; it said: ", said)));
  }

  absl::Status TooLarge() const {
    return absl::ResourceExhaustedError(absl::StrCat("the inventory ", path_,
                                                     " --list wrote more than ", kMaxInventoryBytes,
                                                     " bytes, and was killed"));
  }

  const std::string path_;
  const engine::StartedChild child_;
  const absl::Time deadline_;
  std::string output_;
  std::string errors_;
  bool output_ended_ = false;
  bool errors_ended_ = false;
};

// For a shell.
std::string Quoted(const std::string& path) {
  return absl::StrCat("'", absl::StrReplaceAll(path, {{"'", "'\\''"}}), "'");
}

}  // namespace

bool IsInventoryProgram(const std::string& path) {
  if (access(path.c_str(), X_OK) != 0) return false;
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info = {};
  if (!fd.valid() || fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  if ((info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) == 0) return false;  // root may all the same
  char begin[4] = {};
  const ssize_t n = read(fd.get(), begin, sizeof(begin));
  const absl::string_view bytes(begin, n > 0 ? static_cast<size_t>(n) : 0);
  return absl::StartsWith(bytes, "#!") || bytes ==
                                              "\x7f"
                                              "ELF";
}

absl::StatusOr<std::string> RunInventoryProgram(const std::string& path, absl::Duration limit) {
  engine::StartedChild child = engine::StartChild(absl::StrCat(Quoted(path), " --list"), "",
                                                  engine::ChildStreams::kConnection);
  if (child.process == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("the inventory ", path,
                                                      " --list cannot be started: ", child.what,
                                                      ": ", strerror(child.error)));
  }
  return Reader(path, std::move(child), absl::Now() + limit).Read();
}

}  // namespace muster::service
