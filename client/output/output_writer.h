// Our standard output and standard error.
#ifndef CLIENT_OUTPUT_OUTPUT_WRITER_H_
#define CLIENT_OUTPUT_OUTPUT_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace muster::client {

// The one way to standard output: gathers what is to be written and writes it in large pieces, in
// order also across the two, and knows what could not be written. Keeps one line at the bottom of a
// terminal out of the way: the status, or a line that is not whole. Not thread-safe.
class OutputWriter {
 public:
  OutputWriter();
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  // Where to append text for a stream: 1 or 2. Valid until the next call.
  std::string* To(int fd);
  void Flush();
  // Shows a line on standard error's terminal; it goes before anything else is written. "": none.
  void ShowStatus(absl::string_view line);

  // Shows a line that is not whole yet on the terminal that `fd` is, in place of the status, and
  // below what is written, until another is given. "": none.
  void ShowPart(int fd, std::string line);

  // What of the two could not be written first, and why; nothing more is written to that one.
  const absl::Status& status() const { return status_; }
  // Nobody reads standard output any more.
  bool closed() const { return closed_; }
  // True once: `status` is an error, and somebody is to be told.
  bool TakeFailure();

  bool terminal(int fd) const { return fd == 1 ? out_terminal_ : err_terminal_; }

 private:
  void ClearBottom();
  void DrawPart();
  void Write(int fd, absl::string_view text);
  void Fail(int fd, int error);

  const bool out_terminal_;
  const bool err_terminal_;
  int fd_ = 1;
  std::string buffer_;
  int bottom_fd_ = 0;  // where the line at the bottom is; 0: there is none
  int part_fd_ = 0;
  std::string part_;
  bool failed_[3] = {};  // by descriptor
  bool closed_ = false;
  bool told_ = false;
  absl::Status status_;
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_OUTPUT_WRITER_H_
