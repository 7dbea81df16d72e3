#include "proto/nodeset/syntax_error.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "proto/contract/text_columns.h"
#include "proto/contract/visible_text.h"

namespace muster {
namespace {

constexpr int kContext = 30;  // characters shown on each side of the position

// Whether a character of UTF-8 begins at `at`, or the text ends.
bool IsBoundary(absl::string_view text, size_t at) {
  return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xc0) != 0x80;
}

size_t Before(absl::string_view text, size_t at) {
  for (int i = 0; i < kContext && at > 0; ++i) {
    do --at;
    while (at > 0 && !IsBoundary(text, at));
  }
  return at;
}

size_t Behind(absl::string_view text, size_t at) {
  for (int i = 0; i < kContext && at < text.size(); ++i) {
    do ++at;
    while (!IsBoundary(text, at));
  }
  return at;
}

size_t CountCharacters(absl::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i) count += IsBoundary(text, i) ? 1 : 0;
  return count;
}

// A tab would move the caret away from its place.
std::string Shown(absl::string_view text) {
  return Visible(absl::StrReplaceAll(text, {{"\t", " "}}));
}

}  // namespace

absl::Status ToStatus(const SyntaxError& error, absl::string_view text) {
  const size_t at = std::min<size_t>(error.at - text.data(), text.size());
  const size_t begin = Before(text, at);
  const size_t end = Behind(text, at);
  const std::string before =
      absl::StrCat(begin > 0 ? "..." : "", Shown(text.substr(begin, at - begin)));
  return absl::InvalidArgumentError(absl::StrCat(
      "bad target expression, position ", CountCharacters(text.substr(0, at)) + 1, ": ", error.what,
      "\n  ", before, Shown(text.substr(at, end - at)), end < text.size() ? "..." : "", "\n  ",
      std::string(ColumnsOf(before), ' '), "^"));
}

}  // namespace muster
