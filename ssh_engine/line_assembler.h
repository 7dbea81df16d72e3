// Bytes of one output stream to whole lines.
#ifndef SSH_ENGINE_LINE_ASSEMBLER_H_
#define SSH_ENGINE_LINE_ASSEMBLER_H_

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace muster::engine {

// A piece of one host's output: whole lines with their ends, except where a flag says otherwise.
struct OutputChunk {
  absl::string_view bytes;     // valid during the call only
  bool unterminated = false;   // the last line has no line end: the stream ended there
  bool split = false;          // the last line goes on in the next chunk: it passed the line limit
};

// Holds back an unfinished line until its end comes or it reaches the limit. Bytes go through
// unchanged and in order: the chunks joined are the input. Loop-confined; owned by the host's task.
class LineAssembler {
 public:
  using Sink = absl::FunctionRef<void(const OutputChunk&)>;

  // `max_line`: bytes; a longer line is given out in pieces of this size. At most this much is held.
  explicit LineAssembler(size_t max_line) : max_line_(max_line) {}

  // Gives out what has become whole, without a copy where no line was held back.
  void Append(absl::string_view bytes, Sink sink);
  // At the end of the stream: gives out what is left, marked as unterminated.
  void Finish(Sink sink);

  size_t held() const { return held_.size(); }

 private:
  const size_t max_line_;
  std::string held_;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_LINE_ASSEMBLER_H_
