#include "ssh_engine/base/peer_text.h"

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

// RFC 3629, 4.
size_t LengthOf(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

// U+0080 to U+009F; line separators; marks, embeddings, overrides and isolates of direction.
bool IsObeyed(uint32_t point) {
  return (point >= 0x80 && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x200E || point == 0x200F ||
         point == 0x061C;
}

// How many bytes the first character takes that may be shown as it is; 0: it may not.
size_t ShownLength(absl::string_view text) {
  const size_t length = LengthOf(static_cast<unsigned char>(text[0]));
  if (length <= 1) return length;
  if (length > text.size()) return 0;
  uint32_t point = static_cast<unsigned char>(text[0]) & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((text[i] & 0xC0) != 0x80) return 0;
    point = point << 6 | (text[i] & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  const bool none = (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF;
  return overlong || none || IsObeyed(point) ? 0 : length;
}

}  // namespace

std::string PeerText(absl::string_view bytes, size_t most) {
  const bool cut = bytes.size() > most;
  std::string text;
  for (absl::string_view rest = bytes.substr(0, most); !rest.empty();) {
    const size_t shown = ShownLength(rest);
    const absl::string_view piece = rest.substr(0, shown > 0 ? shown : 1);
    absl::StrAppend(&text, shown > 0 ? absl::Utf8SafeCHexEscape(piece) : absl::CHexEscape(piece));
    rest.remove_prefix(piece.size());
  }
  return cut ? text + "..." : text;
}

}  // namespace muster::engine
