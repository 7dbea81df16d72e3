// Cells in columns.
#ifndef CLIENT_OUTPUT_TABLE_H_
#define CLIENT_OUTPUT_TABLE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace muster::client {

using Row = std::vector<std::string>;

// Rows that have as many cells as `sides` has letters: 'l', at the left of its column, or 'r'. The
// cells are visible text. Lines of at most `columns`, which cut what is longer; 0: they do not.
std::string TableText(const std::vector<Row>& rows, absl::string_view sides, size_t columns);

// One row, in columns of at least these widths.
std::string TableLine(const Row& row, const std::vector<size_t>& widths, absl::string_view sides,
                      size_t columns);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_TABLE_H_
