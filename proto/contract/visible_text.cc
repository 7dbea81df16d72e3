#include "proto/contract/visible_text.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace muster {
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

struct Range {
  uint32_t first;
  uint32_t last;
};

// In order. Unicode 15.0: the C1 controls, the categories Cf, Zl and Zp but for U+200C and U+200D,
// what Default_Ignorable_Code_Point has besides that shows nothing by itself, but for the variation
// selectors of emoji, and what is no character.
constexpr Range kUnseen[] = {
    {0x80, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x200b, 0x200b},   {0x200e, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
    {0x3164, 0x3164},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},   {0xfff0, 0xfffb},
    {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1343f},
    {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0x2fffe, 0x2ffff},
    {0x3fffe, 0x3ffff}, {0xe0000, 0xe0fff}, {0xffffe, 0xfffff}, {0x10fffe, 0x10ffff},
};

bool IsUnseen(uint32_t code) {
  const auto before = [](uint32_t c, const Range& range) { return c < range.first; };
  const auto after = std::upper_bound(std::begin(kUnseen), std::end(kUnseen), code, before);
  return after != std::begin(kUnseen) && code <= std::prev(after)->last;
}

// At most `bytes` of it, never within a character, of which none has more than three bytes after
// its first.
absl::string_view Front(absl::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  const size_t least = bytes - std::min<size_t>(bytes, 3);
  while (bytes > least && (static_cast<uint8_t>(text[bytes]) & 0xc0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

bool IsPlain(uint8_t byte) { return (byte >= 0x20 && byte < 0x7f) || byte == '\t'; }

// Appends what can go as it is, and leaves the rest to `show`, which is given each such character
// with its length in bytes, 0 for a byte that is no UTF-8. ASCII can go where `plain` says so.
template <typename Plain, typename Show>
void AppendBy(absl::string_view text, std::string* to, Plain plain, Show show) {
  size_t ready = 0;  // how much of `text` can go as it is
  const auto flush = [&] {
    to->append(text.data(), ready);
    text.remove_prefix(ready);
    ready = 0;
  };
  while (ready < text.size()) {
    const uint8_t byte = static_cast<uint8_t>(text[ready]);
    if (plain(byte)) {
      ++ready;
      continue;
    }
    uint32_t code = byte;
    const size_t length = Decode(text.substr(ready), &code);
    if (length > 1 && !IsUnseen(code)) {
      ready += length;
      continue;
    }
    flush();
    show(length, length == 0 ? byte : code);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  flush();
}

void ShowVisible(size_t length, uint32_t code, std::string* to) {
  if (length == 0) {
    absl::StrAppendFormat(to, "<%02X>", code);
  } else if (length == 1) {
    to->push_back('^');
    to->push_back(static_cast<char>(code ^ 0x40));
  } else {
    absl::StrAppendFormat(to, "<U+%04X>", code);
  }
}

// RFC 8259, 7: past U+FFFF as a pair of surrogates.
void ShowJson(uint32_t code, std::string* to) {
  if (code == '"' || code == '\\') {
    to->push_back('\\');
    to->push_back(static_cast<char>(code));
  } else if (code < 0x10000) {
    absl::StrAppendFormat(to, "\\u%04x", code);
  } else {
    absl::StrAppendFormat(to, "\\u%04x\\u%04x", 0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
  }
}

}  // namespace

void AppendVisible(absl::string_view text, std::string* to) {
  AppendBy(text, to, IsPlain,
           [to](size_t length, uint32_t code) { ShowVisible(length, code, to); });
}

bool AppendJsonString(absl::string_view text, std::string* to) {
  const size_t before = to->size();
  bool utf8 = true;
  to->push_back('"');
  AppendBy(
      text, to,
      [](uint8_t byte) { return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\'; },
      [to, &utf8](size_t length, uint32_t code) {
        utf8 = utf8 && length > 0;
        ShowJson(code, to);
      });
  to->push_back('"');
  if (!utf8) to->resize(before);
  return utf8;
}

std::string VisibleJson(absl::string_view json) {
  std::string shown;
  AppendBy(
      json, &shown, [](uint8_t byte) { return byte < 0x7f; },
      [&shown](size_t, uint32_t code) { ShowJson(code, &shown); });
  return shown;
}

void AppendVisibleLines(absl::string_view text, std::string* to) {
  for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n')) {
    AppendVisible(text.substr(0, end), to);
    to->push_back('\n');
    text.remove_prefix(end + 1);
  }
  AppendVisible(text, to);
}

std::string Visible(absl::string_view text, size_t max_bytes) {
  const absl::string_view front = Front(text, max_bytes);
  std::string shown;
  AppendVisible(front, &shown);
  if (front.size() < text.size()) {
    absl::StrAppend(&shown, "... (", text.size() - front.size(), " bytes more)");
  }
  return shown;
}

}  // namespace muster
