// Words for the shells of hosts.
#ifndef SSH_ENGINE_BASE_SHELL_WORD_H_
#define SSH_ENGINE_BASE_SHELL_WORD_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::engine {

// In quotes: one word that stands for exactly this text in POSIX shells and fish, and without
// newlines in csh.
std::string QuotedWord(absl::string_view text);

}  // namespace muster::engine

#endif  // SSH_ENGINE_BASE_SHELL_WORD_H_
