// Text in the columns of a terminal.
#ifndef CLIENT_TEXT_COLUMNS_H_
#define CLIENT_TEXT_COLUMNS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "proto/contract/text_columns.h"  // ColumnsOf

namespace muster::client {

// How wide the terminal behind a descriptor is: as it says itself, else $COLUMNS, else 80. 0: it is
// no terminal.
size_t TerminalColumns(int fd);

// How high it is: as it says itself, else 24. 0: it is no terminal.
size_t TerminalRows(int fd);

// In characters. A value.
struct TerminalExtent {
  uint32_t columns = 0;
  uint32_t rows = 0;
};

// Of the terminal that is our standard output, else standard error, else standard input; 0 and 0:
// none is one.
TerminalExtent OwnTerminal();

// What of visible text fits into so many columns, with "..." at its end where that is not all.
std::string CutToColumns(absl::string_view text, size_t columns);

// Breaks text at blanks into lines of at most `columns`, each set in by `indent`; longer words stay
// whole, and so do blanks in front. 0 columns: one line. With an end of line.
std::string WrapWords(absl::string_view text, size_t indent, size_t columns);

}  // namespace muster::client

#endif  // CLIENT_TEXT_COLUMNS_H_
