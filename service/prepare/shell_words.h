// Words of command lines, for shells of every kind.
#ifndef SERVICE_PREPARE_SHELL_WORDS_H_
#define SERVICE_PREPARE_SHELL_WORDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::service {

// One word that stands for exactly this text in POSIX shells and fish, and without newlines in csh.
// Not for the first word of a command: that may be an assignment.
std::string QuoteForShell(absl::string_view text);
// The same for the first word, if that is no IsGrammar.
std::string QuoteProgram(absl::string_view text);
// Where a command begins it is a word of the grammar of some shell (sh, bash, zsh, csh, fish), of
// fish in quotes, too.
bool IsGrammar(absl::string_view word);

// A line for /bin/sh as one for any login shell. Newlines that `line` has stand within words of the
// two above: csh takes none within quotes.
std::string ForPosixShell(absl::string_view line);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SHELL_WORDS_H_
