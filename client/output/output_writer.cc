#include "client/output/output_writer.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

constexpr size_t kBufferBytes = 256 * 1024;
constexpr char kClearLine[] = "\r\x1b[K";

}  // namespace

OutputWriter::OutputWriter() : out_terminal_(isatty(1) != 0), err_terminal_(isatty(2) != 0) {}

OutputWriter::~OutputWriter() {
  ShowStatus("");
  Flush();
}

std::string* OutputWriter::To(int fd) {
  if (fd != fd_ || buffer_.size() >= kBufferBytes) Flush();
  fd_ = fd;
  return &buffer_;
}

void OutputWriter::Flush() {
  if (buffer_.empty()) return;
  ClearBottom();
  Write(fd_, buffer_);
  buffer_.clear();
  DrawPart();
}

void OutputWriter::ShowStatus(absl::string_view line) {
  if (!err_terminal_) return;
  Flush();
  if (!part_.empty() || (line.empty() && bottom_fd_ == 0)) return;
  Write(2, absl::StrCat(kClearLine, line));
  bottom_fd_ = line.empty() ? 0 : 2;
}

void OutputWriter::ShowPart(int fd, std::string line) {
  part_fd_ = fd;
  part_ = std::move(line);
  if (!buffer_.empty()) return Flush();
  ClearBottom();
  DrawPart();
}

void OutputWriter::ClearBottom() {
  const int fd = std::exchange(bottom_fd_, 0);
  if (fd != 0) Write(fd, kClearLine);
}

void OutputWriter::DrawPart() {
  if (part_.empty()) return;
  Write(part_fd_, part_);
  bottom_fd_ = part_fd_;
}

void OutputWriter::Write(int fd, absl::string_view text) {
  while (!text.empty() && !failed_[fd]) {
    const ssize_t size = write(fd, text.data(), text.size());
    if (size >= 0) {
      text.remove_prefix(static_cast<size_t>(size));
    } else if (errno == EAGAIN) {
      // Whoever gave us the descriptor made it non-blocking.
      pollfd poller = {fd, POLLOUT, 0};
      poll(&poller, 1, -1);
    } else if (errno != EINTR) {
      Fail(fd, errno);
    }
  }
}

void OutputWriter::Fail(int fd, int error) {
  failed_[fd] = true;
  closed_ = closed_ || (fd == 1 && error == EPIPE);
  const char* const name = fd == 1 ? "output" : "error";
  status_.Update(
      absl::ErrnoToStatus(error, absl::StrCat("standard ", name, " could not be written")));
}

bool OutputWriter::TakeFailure() {
  const bool news = !status_.ok() && !told_;
  told_ = told_ || news;
  return news;
}

}  // namespace muster::client
