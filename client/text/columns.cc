#include "client/text/columns.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

constexpr size_t kUsual = 80;
constexpr size_t kUsualRows = 24;

// How many bytes of it fit.
size_t Fitting(absl::string_view text, size_t columns) {
  size_t bytes = 0;
  while (bytes < text.size()) {
    size_t width = 0;
    const size_t length = TakeCharacter(text.substr(bytes), &width);
    if (width > columns) return bytes;
    columns -= width;
    bytes += length;
  }
  return bytes;
}

}  // namespace

size_t TerminalColumns(int fd) {
  if (isatty(fd) == 0) return 0;
  winsize size = {};
  if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* const told = getenv("COLUMNS");
  size_t columns = 0;
  return told != nullptr && absl::SimpleAtoi(told, &columns) && columns > 0 ? columns : kUsual;
}

size_t TerminalRows(int fd) {
  if (isatty(fd) == 0) return 0;
  winsize size = {};
  return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : kUsualRows;
}

TerminalExtent OwnTerminal() {
  for (const int fd : {1, 2, 0}) {
    const auto columns = static_cast<uint32_t>(TerminalColumns(fd));
    if (columns > 0) return {columns, static_cast<uint32_t>(TerminalRows(fd))};
  }
  return {};
}

std::string CutToColumns(absl::string_view text, size_t columns) {
  if (Fitting(text, columns) == text.size()) return std::string(text);
  if (columns <= 3) return std::string(text.substr(0, Fitting(text, columns)));
  return absl::StrCat(text.substr(0, Fitting(text, columns - 3)), "...");
}

std::string WrapWords(absl::string_view text, size_t indent, size_t columns) {
  const std::string margin(indent, ' ');
  if (columns == 0) return absl::StrCat(margin, text, "\n");
  std::string wrapped;
  // Blanks in front stay: they stand for something, such as the place of a caret.
  std::string line(std::min(text.find_first_not_of(' '), text.size()), ' ');
  text.remove_prefix(line.size());
  bool begun = false;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (begun && indent + ColumnsOf(line) + 1 + ColumnsOf(word) > columns) {
      absl::StrAppend(&wrapped, margin, line, "\n");
      line.clear();
      begun = false;
    }
    absl::StrAppend(&line, begun ? " " : "", word);
    begun = true;
  }
  absl::StrAppend(&wrapped, margin, line, "\n");
  return wrapped;
}

}  // namespace muster::client
