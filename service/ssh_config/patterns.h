// Patterns of ssh_config(5): `*`, `?`, and lists with negation.
#ifndef SERVICE_SSH_CONFIG_PATTERNS_H_
#define SERVICE_SSH_CONFIG_PATTERNS_H_

#include "absl/strings/string_view.h"

namespace muster::service {

// In time that grows with the product of both lengths at most.
bool MatchesPattern(absl::string_view text, absl::string_view pattern);

// Whether one of the patterns between commas matches, and none that begins with '!' does.
// `lower`: the patterns are taken in lower case; `text` has to be, then.
bool MatchesList(absl::string_view text, absl::string_view patterns, bool lower);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_PATTERNS_H_
