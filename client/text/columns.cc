#include "client/text/columns.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

constexpr size_t kUsual = 80;

struct Range {
  uint32_t first;
  uint32_t last;
};

// Unicode's East_Asian_Width W and F, in whole blocks, and emoji.
constexpr Range kWide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                           {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},
                           {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                           {0x1f680, 0x1f6ff}, {0x1f900, 0x1faff}, {0x20000, 0x3fffd}};
// Combining marks, joiners, variation selectors.
constexpr Range kNone[] = {{0x300, 0x36f},   {0x483, 0x489},    {0x591, 0x5bd},   {0x610, 0x61a},
                           {0x64b, 0x65f},   {0x200c, 0x200d},  {0x20d0, 0x20ff}, {0xfe00, 0xfe0f},
                           {0xfe20, 0xfe2f}, {0x1f3fb, 0x1f3ff}};

template <size_t kCount>
bool IsIn(const Range (&ranges)[kCount], uint32_t code) {
  for (const Range& range : ranges) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

// The first character of visible text: its length in bytes and its columns.
size_t TakeCharacter(absl::string_view text, size_t* columns) {
  const uint8_t first = static_cast<uint8_t>(text[0]);
  size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length > text.size()) length = text.size();
  uint32_t code = length == 1 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
  *columns = IsIn(kNone, code) ? 0 : IsIn(kWide, code) ? 2 : 1;
  return length;
}

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

size_t ColumnsOf(absl::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    size_t width = 0;
    text.remove_prefix(TakeCharacter(text, &width));
    columns += width;
  }
  return columns;
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
  std::string line;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    if (!line.empty() && indent + ColumnsOf(line) + 1 + ColumnsOf(word) > columns) {
      absl::StrAppend(&wrapped, margin, line, "\n");
      line.clear();
    }
    absl::StrAppend(&line, line.empty() ? "" : " ", word);
  }
  absl::StrAppend(&wrapped, margin, line, "\n");
  return wrapped;
}

}  // namespace muster::client
