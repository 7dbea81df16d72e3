// Lists of algorithms as ssh_config(5) has them.
#ifndef SSH_ENGINE_LIBSSH_ALGORITHM_CHOICE_H_
#define SSH_ENGINE_LIBSSH_ALGORITHM_CHOICE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::engine {

enum class AlgorithmKind { kKeyExchange, kHostKey, kCipher, kMac, kSignature };

// A value.
struct AlgorithmChoice {
  std::string list;                  // as Algorithms has them; empty: the library has none of these
  std::vector<std::string> missing;  // what was asked for and it has not
};

// `request`: names and patterns ('*', '?') with commas between; after '+' they are added to
// Muster's own list, after '^' put before it, and after '-' taken out of it. Thread-safe.
AlgorithmChoice ChooseAlgorithms(AlgorithmKind kind, absl::string_view request);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_ALGORITHM_CHOICE_H_
