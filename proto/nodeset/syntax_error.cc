#include "proto/nodeset/syntax_error.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace muster {
namespace {

constexpr size_t kContext = 30;  // bytes shown on each side of the position

// Control bytes and bytes beyond ASCII would move the caret away from its place.
std::string OneColumnPerByte(absl::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return result;
}

}  // namespace

absl::Status ToStatus(const SyntaxError& error, absl::string_view text) {
  const size_t at = std::min<size_t>(error.at - text.data(), text.size());
  const size_t begin = at > kContext ? at - kContext : 0;
  const size_t end = std::min(text.size(), at + kContext);
  const std::string before =
      absl::StrCat(begin > 0 ? "..." : "", OneColumnPerByte(text.substr(begin, at - begin)));
  return absl::InvalidArgumentError(
      absl::StrCat("bad target expression, position ", at + 1, ": ", error.what, "\n  ", before,
                   OneColumnPerByte(text.substr(at, end - at)), end < text.size() ? "..." : "",
                   "\n  ", std::string(before.size(), ' '), "^"));
}

}  // namespace muster
