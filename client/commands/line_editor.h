// Lines for muster shell, from a person at a terminal.
#ifndef CLIENT_COMMANDS_LINE_EDITOR_H_
#define CLIENT_COMMANDS_LINE_EDITOR_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client/commands/interrupts.h"
#include "client/commands/line_reader.h"

namespace muster::client {

// What may stand in place of the end of a text. A value.
struct LineEnds {
  size_t begin = 0;  // where in the text that end begins
  std::vector<std::string> words;
};

// Of the text before the cursor.
using LineCompleter = std::function<LineEnds(absl::string_view)>;

// Edits lines (libedit: arrows, Ctrl-R, Tab; as ~/.editrc says) on the terminal that standard input
// and standard error are. Takes text for UTF-8, and the process' locale is set to that. Lines that
// do not begin with a blank are found again, by this process and from `history` on (a file of
// line_history.h; ""; none), where what cannot be written is told once. `interrupts` must outlive
// it.
std::unique_ptr<LineReader> NewLineEditor(const std::string& history, LineCompleter completer,
                                          Interrupts* interrupts);

}  // namespace muster::client

#endif  // CLIENT_COMMANDS_LINE_EDITOR_H_
