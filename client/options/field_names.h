// Fields of the contract, as the command line calls them.
#ifndef CLIENT_OPTIONS_FIELD_NAMES_H_
#define CLIENT_OPTIONS_FIELD_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::client {

// What fills a field: "--batches" for "rollout.batches". Paths are as the daemon names them, from
// RunSpec or a request on. Empty: nothing of the command line does.
std::string OptionOf(absl::string_view path);

// What the daemon says, with its fields called as the command line does: a path at the beginning
// that a colon follows, and those with a dot wherever they stand, but for what is quoted. So are
// those that an older daemon does not know and has the numbers of: "spec.login.field 7".
std::string InOptions(absl::string_view text);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_FIELD_NAMES_H_
