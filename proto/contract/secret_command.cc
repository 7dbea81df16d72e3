#include "proto/contract/secret_command.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace muster {
namespace {

constexpr size_t kMostBytes = 4096;
constexpr absl::Duration kLook = absl::Milliseconds(20);  // whether it has ended

class Actions {
 public:
  explicit Actions(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, 1);
  }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

// What it writes up to its end. Who writes more than there is room for is not heard any further.
class Reader {
 public:
  explicit Reader(absl::Time deadline) : text_(kMostBytes + 1, '\0'), deadline_(deadline) {}
  ~Reader() { OPENSSL_cleanse(&text_[0], text_.size()); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // Whether the end came in time.
  bool ReadAll(int fd) {
    while (size_ < text_.size() && absl::Now() < deadline_) {
      pollfd ready = {fd, POLLIN, 0};
      const auto left = absl::ToInt64Milliseconds(deadline_ - absl::Now());
      if (poll(&ready, 1, static_cast<int>(std::max<int64_t>(left, 0)) + 1) <= 0) continue;
      const ssize_t got = read(fd, &text_[size_], text_.size() - size_);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return true;
      size_ += static_cast<size_t>(got);
    }
    return size_ == text_.size();
  }

  absl::StatusOr<std::string> FirstLine() const {
    const size_t end = std::min(text_.find('\n'), size_);
    if (end > kMostBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("its first line has more than ", kMostBytes, " bytes"));
    }
    std::string line = text_.substr(0, end);
    if (absl::EndsWith(line, "\r")) line.pop_back();
    if (line.empty()) return absl::FailedPreconditionError("its first line is empty");
    return line;
  }

 private:
  std::string text_;
  size_t size_ = 0;
  const absl::Time deadline_;
};

absl::Status EndOf(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return absl::OkStatus();
  return absl::FailedPreconditionError(
      WIFEXITED(status) ? absl::StrCat("it ended with exit code ", WEXITSTATUS(status))
                        : absl::StrCat("it was ended by signal ", WTERMSIG(status)));
}

absl::Status KillLate(pid_t pid, absl::Duration time) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
  return absl::DeadlineExceededError(
      absl::StrCat("it took longer than ", absl::FormatDuration(time), ", and was killed"));
}

absl::Status Await(pid_t pid, absl::Time deadline, absl::Duration time) {
  int status = 0;
  for (pid_t ended = 0; ended == 0; ended = waitpid(pid, &status, WNOHANG)) {
    if (absl::Now() >= deadline) return KillLate(pid, time);
    absl::SleepFor(kLook);
  }
  return EndOf(status);
}

}  // namespace

absl::StatusOr<std::string> ReadFromCommand(const std::string& line, absl::Duration time) {
  const absl::Time deadline = absl::Now() + time;
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) {
    return absl::FailedPreconditionError(absl::ErrnoToStatus(errno, "pipe").message());
  }
  std::string words[] = {"sh", "-c", line};
  char* const arguments[] = {&words[0][0], &words[1][0], &words[2][0], nullptr};
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, "/bin/sh", Actions(fds[1]).get(), nullptr, arguments, environ);
  close(fds[1]);
  if (error != 0) {
    close(fds[0]);
    return absl::FailedPreconditionError(absl::ErrnoToStatus(error, "/bin/sh").message());
  }
  Reader reader(deadline);
  const bool in_time = reader.ReadAll(fds[0]);
  close(fds[0]);
  const absl::Status ended = in_time ? Await(pid, deadline, time) : KillLate(pid, time);
  if (!ended.ok()) return ended;
  return reader.FirstLine();
}

}  // namespace muster
