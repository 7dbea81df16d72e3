// Lines for muster shell, from a pipe or a file.
#ifndef CLIENT_COMMANDS_LINE_READER_H_
#define CLIENT_COMMANDS_LINE_READER_H_

#include <memory>
#include <string>

#include "absl/types/optional.h"
#include "client/commands/interrupts.h"

namespace muster::client {

// Not thread-safe.
class LineReader {
 public:
  virtual ~LineReader() = default;
  // The next line, without its end. Nothing: there is none, or a signal came (signal_code). Blocks.
  virtual absl::optional<std::string> Read(const std::string& prompt) = 0;
  // Of the Read before: 128 and the number of the signal that ended it; 0: none did.
  virtual int signal_code() const = 0;
};

// Standard input as it is; shows no prompt. Of a line of more than `most` bytes only so much is
// kept that whoever is given it sees that it is longer. `interrupts` must outlive it.
std::unique_ptr<LineReader> NewPipeReader(size_t most, Interrupts* interrupts);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_LINE_READER_H_
