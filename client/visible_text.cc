#include "client/visible_text.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace muster::client {
namespace {

// The length of the character that `text` begins with and its code point; 0: it is no UTF-8 (RFC
// 3629: also what is longer than need be, surrogates, and past U+10FFFF).
size_t Decode(absl::string_view text, uint32_t* code) {
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  const size_t length = first < 0x80   ? 1
                        : first < 0xc2 ? 0
                        : first < 0xe0 ? 2
                        : first < 0xf0 ? 3
                        : first < 0xf5 ? 4
                                       : 0;
  if (length == 0 || length > text.size()) return 0;
  *code = length == 1 ? first : first & (0x7f >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    *code = *code << 6 | (byte(i) & 0x3f);
  }
  const bool overlong = (length == 3 && *code < 0x800) || (length == 4 && *code < 0x10000);
  const bool surrogate = *code >= 0xd800 && *code <= 0xdfff;
  return overlong || surrogate || *code > 0x10ffff ? 0 : length;
}

// Marks that turn text around (Unicode's Bidi_Control), and line separators.
bool IsTreacherous(uint32_t code) {
  return (code >= 0x80 && code <= 0x9f) || code == 0x61c || code == 0x200e || code == 0x200f ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

}  // namespace

void AppendVisible(absl::string_view text, std::string* to) {
  size_t plain = 0;  // how much of `text` can go as it is
  const auto flush = [&] {
    to->append(text.data(), plain);
    text.remove_prefix(plain);
    plain = 0;
  };
  while (plain < text.size()) {
    const uint8_t byte = static_cast<uint8_t>(text[plain]);
    if ((byte >= 0x20 && byte < 0x7f) || byte == '\t') {
      ++plain;
      continue;
    }
    uint32_t code = 0;
    const size_t length = Decode(text.substr(plain), &code);
    if (length > 1 && !IsTreacherous(code)) {
      plain += length;
      continue;
    }
    flush();
    if (length == 0) {
      absl::StrAppendFormat(to, "<%02X>", byte);
    } else if (length == 1) {
      to->push_back('^');
      to->push_back(static_cast<char>(byte ^ 0x40));
    } else {
      absl::StrAppendFormat(to, "<U+%04X>", code);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  flush();
}

void AppendVisibleLines(absl::string_view text, std::string* to) {
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    AppendVisible(text.substr(0, end), to);
    to->push_back('\n');
    text.remove_prefix(end + 1);
  }
  AppendVisible(text, to);
}

}  // namespace muster::client
