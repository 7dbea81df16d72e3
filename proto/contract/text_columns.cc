#include "proto/contract/text_columns.h"

#include <cstdint>

namespace muster {
namespace {

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

}  // namespace

size_t TakeCharacter(absl::string_view text, size_t* columns) {
  const uint8_t first = static_cast<uint8_t>(text[0]);
  size_t length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (length > text.size()) length = text.size();
  uint32_t code = length == 1 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) code = code << 6 | (static_cast<uint8_t>(text[i]) & 0x3f);
  *columns = IsIn(kNone, code) ? 0 : IsIn(kWide, code) ? 2 : 1;
  return length;
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

}  // namespace muster
