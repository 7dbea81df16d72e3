// Text that is written for a shell, as words.
#ifndef SERVICE_TARGETS_SHELL_WORDS_H_
#define SERVICE_TARGETS_SHELL_WORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::service {

// Blanks separate, quotes join, a backslash takes the next character as it is; with `comments` a
// '#' at the start of a word ends the line. None: a quote is not closed.
absl::optional<std::vector<std::string>> SplitShellWords(absl::string_view line, bool comments);

}  // namespace muster::service

#endif  // SERVICE_TARGETS_SHELL_WORDS_H_
