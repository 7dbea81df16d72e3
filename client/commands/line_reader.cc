#include "client/commands/line_reader.h"

#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace muster::client {
namespace {

constexpr size_t kReadBytes = 64 << 10;

class PipeReader final : public LineReader {
 public:
  PipeReader(size_t most, Interrupts* interrupts) : most_(most), interrupts_(interrupts) {}

  absl::optional<std::string> Read(const std::string&) override {
    while (text_.find('\n') == std::string::npos && !ended_) {
      if (text_.size() > most_) text_.resize(most_ + 1);
      signal_code_ = interrupts_->Await(STDIN_FILENO);
      if (signal_code_ != 0) return absl::nullopt;
      ReadMore();
    }
    if (text_.empty()) return absl::nullopt;
    const size_t end = std::min(text_.find('\n'), text_.size());
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }

  int signal_code() const override { return signal_code_; }

 private:
  void ReadMore() {
    char piece[kReadBytes];
    const ssize_t size = read(STDIN_FILENO, piece, sizeof(piece));
    if (size > 0) text_.append(piece, static_cast<size_t>(size));
    ended_ = size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN);
  }

  const size_t most_;
  Interrupts* const interrupts_;
  std::string text_;
  bool ended_ = false;
  int signal_code_ = 0;
};

}  // namespace

std::unique_ptr<LineReader> NewPipeReader(size_t most, Interrupts* interrupts) {
  return std::make_unique<PipeReader>(most, interrupts);
}

}  // namespace muster::client
