#include "service/targets/command_output.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/targets/inventory_file.h"
#include "ssh_engine/base/child_process.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::service {
namespace {

using Clock = std::chrono::steady_clock;  // somebody may set the other one meanwhile

constexpr size_t kMaxErrorBytes = 1024;  // the last ones

// What a program writes, until it ends. Lives for one call.
class Reader {
 public:
  Reader(const std::string& name, engine::StartedChild child, absl::Duration limit)
      : name_(name), child_(std::move(child)), limit_(limit) {}

  absl::StatusOr<std::string> Read() {
    while (!child_.process->End().has_value()) {
      const absl::Duration left = limit_ - absl::FromChrono(Clock::now() - begun_);
      if (left <= absl::ZeroDuration()) return Fail(TooLong());
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
                       {output_ended_ ? -1 : child_.output.get(), POLLIN, 0},
                       {errors_ended_ ? -1 : child_.errors.get(), POLLIN, 0}};
    poll(polled, std::size(polled), static_cast<int>(absl::ToInt64Milliseconds(most)) + 1);
  }

  void Drain() {
    output_ended_ = output_ended_ || !ReadFrom(child_.output.get(), &output_);
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
        absl::StrCat(name_, " ", what, said.empty() ? "" : absl::StrCat("; it said: ", said)));
  }

  std::string TooLong() const {
    return absl::StrCat("did not end within ",
                        absl::FormatDuration(absl::Trunc(limit_, absl::Milliseconds(1))),
                        ", and was killed");
  }

  absl::Status TooLarge() const {
    return absl::ResourceExhaustedError(
        absl::StrCat(name_, " wrote more than ", kMaxInventoryBytes, " bytes, and was killed"));
  }

  const std::string& name_;
  const engine::StartedChild child_;
  const absl::Duration limit_;
  const Clock::time_point begun_ = Clock::now();
  std::string output_;
  std::string errors_;
  bool output_ended_ = false;
  bool errors_ended_ = false;
};

}  // namespace

absl::StatusOr<std::string> OutputOf(const std::string& command, const std::string& name,
                                     absl::Duration limit) {
  engine::StartedChild child = engine::StartChild(command, "", engine::ChildStreams::kOutput);
  if (child.process == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(name, " cannot be started: ", child.what, ": ", strerror(child.error)));
  }
  return Reader(name, std::move(child), limit).Read();
}

}  // namespace muster::service
