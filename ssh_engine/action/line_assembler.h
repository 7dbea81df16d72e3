// Bytes of one output stream to whole lines.
#ifndef SSH_ENGINE_ACTION_LINE_ASSEMBLER_H_
#define SSH_ENGINE_ACTION_LINE_ASSEMBLER_H_

#include <cstddef>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/output.h"

namespace muster::engine {

// Holds back an unfinished line until its end comes or it reaches the limit. Bytes go through
// unchanged and in order: the chunks joined are the input. Loop-confined; owned by the host's task.
class LineAssembler {
 public:
  using Sink = absl::FunctionRef<void(const OutputChunk&)>;

  // `max_line`: bytes, line end included, at least 1; a longer line is given out in pieces of
  // exactly this size, marked as split, and a last one with its end. Where a line is split depends
  // on the line alone, not on how its bytes came in. At most this much is held.
  explicit LineAssembler(size_t max_line);

  // Gives out what has become whole, without a copy where no line was held back.
  void Append(absl::string_view bytes, Sink sink);
  // Gives out what is held of a line, marked as split; its rest counts as a line of its own for the
  // limit.
  void GivePart(Sink sink);
  // At the end of the stream: gives out what is left, marked as unterminated.
  void Finish(Sink sink);

  size_t held() const { return held_.size(); }

 private:
  // Adds to the held line up to its end or the limit, gives it out if so; the rest of `bytes`.
  absl::string_view CompleteHeld(absl::string_view bytes, Sink sink);
  void GiveHeld(Sink sink, bool unterminated, bool split);

  const size_t max_line_;
  std::string held_;  // without a newline, at most max_line_ bytes
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_ACTION_LINE_ASSEMBLER_H_
