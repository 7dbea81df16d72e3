// One line of ssh_config(5), taken apart as OpenSSH does (readconf.c, misc.c).
#ifndef SERVICE_SSH_CONFIG_CONFIG_LINE_H_
#define SERVICE_SSH_CONFIG_CONFIG_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::service {

struct ConfigLine {
  std::string keyword;                 // in lower case; empty: a blank line or a comment
  std::vector<std::string> arguments;  // without quotes and escapes, up to a comment
  std::string rest;                    // all that follows the keyword, as it stands there
};

// INVALID_ARGUMENT: a keyword without an argument, or a quote that does not end.
absl::StatusOr<ConfigLine> SplitConfigLine(absl::string_view line);

// The next word of `rest`, which it is taken off: words end with blanks or one '=', and may be in
// double quotes. This is how Match is written. None: nothing is left, or a quote does not end.
absl::optional<std::string> NextWord(absl::optional<std::string>* rest);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_CONFIG_LINE_H_
