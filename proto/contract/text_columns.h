// How wide text is on a terminal.
#ifndef PROTO_CONTRACT_TEXT_COLUMNS_H_
#define PROTO_CONTRACT_TEXT_COLUMNS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace muster {

// How many columns visible text in UTF-8 takes: two for wide characters of East Asia and emoji,
// none for what combines with the one before. As wcwidth(3) has it, but whatever the locale. Any
// thread.
size_t ColumnsOf(absl::string_view text);

// Of the first character of visible text, which is not empty: its bytes, and its columns.
size_t TakeCharacter(absl::string_view text, size_t* columns);

}  // namespace muster

#endif  // PROTO_CONTRACT_TEXT_COLUMNS_H_
