// Command lines, as a shell hands them on.
#ifndef TESTS_CLIENT_OPTIONS_PARSE_H_
#define TESTS_CLIENT_OPTIONS_PARSE_H_

#include <vector>

#include "client/options/options.h"

namespace muster::client {

// The program's name among them.
inline ParsedOptions ParseWords(const std::vector<const char*>& words) {
  return ParseOptions(static_cast<int>(words.size()), words.data());
}

// Of muster.
inline ParsedOptions Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "muster");
  return ParseWords(words);
}

}  // namespace muster::client

#endif  // TESTS_CLIENT_OPTIONS_PARSE_H_
