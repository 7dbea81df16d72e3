#include "client/output/table.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/text/columns.h"

namespace muster::client {
namespace {

void AppendCell(const std::string& cell, size_t width, bool right, std::string* line) {
  const std::string blanks(width - std::min(width, ColumnsOf(cell)), ' ');
  absl::StrAppend(line, right ? blanks : "", cell, right ? "" : blanks, "  ");
}

}  // namespace

std::string TableLine(const Row& row, const std::vector<size_t>& widths, absl::string_view sides,
                      size_t columns) {
  std::string line;
  for (size_t i = 0; i + 1 < row.size(); ++i) {
    AppendCell(row[i], widths[i], sides[i] == 'r', &line);
  }
  line += row.back();
  return absl::StrCat(columns == 0 ? line : CutToColumns(line, columns), "\n");
}

std::string TableText(const std::vector<Row>& rows, absl::string_view sides, size_t columns) {
  std::vector<size_t> widths(sides.size());
  for (const Row& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], ColumnsOf(row[i]));
  }
  std::string text;
  for (const Row& row : rows) text += TableLine(row, widths, sides, columns);
  return text;
}

}  // namespace muster::client
