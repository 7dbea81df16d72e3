// Output of hosts on a terminal.
#ifndef CLIENT_VISIBLE_TEXT_H_
#define CLIENT_VISIBLE_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace muster::client {

// Appends `text` with everything that a terminal would obey made visible: control characters as ^A,
// C1 controls and characters that turn the direction of text as <U+009B>, bytes that are no UTF-8
// as <FF>. Tabs stay.
void AppendVisible(absl::string_view text, std::string* to);

// The same for what may be several lines: line feeds stay.
void AppendVisibleLines(absl::string_view text, std::string* to);

}  // namespace muster::client

#endif  // CLIENT_VISIBLE_TEXT_H_
