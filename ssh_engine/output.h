// What a host's command has written.
#ifndef SSH_ENGINE_OUTPUT_H_
#define SSH_ENGINE_OUTPUT_H_

#include "absl/strings/string_view.h"

namespace muster::engine {

enum class OutputStream { kStdout = 1, kStderr = 2 };

// A piece of one host's output: whole lines with their ends, except where a flag says otherwise. A
// flag is about the last line only; whole lines may stand before it. Never empty.
struct OutputChunk {
  absl::string_view bytes;    // valid during the call only
  bool unterminated = false;  // the last line has no line end: the stream ended there
  bool split = false;         // the last line goes on in the next chunk, if there is one (Job)
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_OUTPUT_H_
