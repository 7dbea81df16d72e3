// Our standard output and standard error.
#ifndef CLIENT_OUTPUT_WRITER_H_
#define CLIENT_OUTPUT_WRITER_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::client {

// Gathers what is to be written and writes it in large pieces, in order also across the two. Keeps
// one line at the bottom of a terminal out of the way. Not thread-safe.
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

  // Nobody reads standard output any more.
  bool broken() const { return broken_; }

  bool terminal(int fd) const { return fd == 1 ? out_terminal_ : err_terminal_; }

 private:
  void Write(int fd, absl::string_view text);

  const bool out_terminal_;
  const bool err_terminal_;
  int fd_ = 1;
  std::string buffer_;
  bool status_shown_ = false;
  bool broken_ = false;
};

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_WRITER_H_
