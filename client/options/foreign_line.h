// Command lines of other programs, which scripts that exist give.
#ifndef CLIENT_OPTIONS_FOREIGN_LINE_H_
#define CLIENT_OPTIONS_FOREIGN_LINE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/options/options.h"

namespace muster::client {

// One of such a program. `name`: its long one, "" where there is none; `letter`: 0 likewise.
struct ForeignOption {
  char letter;
  const char* name;
  bool takes_value;
  const char* refused = nullptr;  // why it is not supported and what to do; null: it is
};

// As it was given. A value.
struct GivenOption {
  std::string key;  // "w", or the long name where it has no letter
  std::string value;
};

// What a foreign line asks for, as muster would be asked. A value.
struct ForeignLine {
  std::vector<std::string> words;  // muster's arguments; empty: `text` is printed, and that is all
  ForeignLook look;
  std::string text;
};

// Splits a line as getopt(3) does, its options first; what follows is left in `arguments`.
// INVALID_ARGUMENT: an option that there is not, that is not supported, or without its value.
absl::StatusOr<std::vector<GivenOption>> ReadForeign(const std::vector<ForeignOption>& known,
                                                     std::vector<std::string>* arguments);

// Arguments of ssh, "-p 2222 -o Foo=bar", as muster's own, added to `words`. `source` is what is
// complained of.
absl::Status AddSshArguments(absl::string_view source, absl::string_view text,
                             std::vector<std::string>* words);

// INVALID_ARGUMENT: it cannot be done, and why. Reads the environment as pdsh does ($WCOLL,
// $FANOUT, $PDSH_...).
absl::StatusOr<ForeignLine> TranslatePdsh(std::vector<std::string> arguments);
absl::StatusOr<ForeignLine> TranslateClush(std::vector<std::string> arguments);
absl::StatusOr<ForeignLine> TranslateDshbak(std::vector<std::string> arguments);

// "pdsh", where muster is called by that name, or as `muster --as pdsh`; "": as muster.
std::string ForeignProgram(int argc, const char* const* argv);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_FOREIGN_LINE_H_
