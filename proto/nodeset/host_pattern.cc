#include "proto/nodeset/host_pattern.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace muster {
namespace {

constexpr size_t kMaxRanges = 64;  // in one name

using Numbers = std::vector<std::vector<std::string>>;

bool CheckText(absl::string_view text, bool (*allowed)(char), SyntaxError* error) {
  for (const char& c : text) {
    if (allowed(c)) continue;
    if (c == ']') return error->Set(&c, "']' without '['");
    return error->Set(&c, absl::ascii_isprint(static_cast<unsigned char>(c))
                              ? absl::StrCat("'", std::string(1, c), "' cannot stand in a name")
                              : "a character that cannot stand in a name; names are written as "
                                "DNS has them, international ones as xn--...");
  }
  return true;
}

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

uint64_t SaturatingProduct(uint64_t a, uint64_t b) {
  if (b != 0 && a > std::numeric_limits<uint64_t>::max() / b) {
    return std::numeric_limits<uint64_t>::max();
  }
  return a * b;
}

bool Visit(const HostPattern& pattern, const Numbers& numbers, size_t piece, std::string* name,
           const std::function<bool(std::string)>& visit) {
  const size_t size = name->size();
  name->append(pattern.pieces[piece].text.data(), pattern.pieces[piece].text.size());
  bool more = true;
  if (numbers[piece].empty()) more = visit(*name);
  const size_t base = name->size();
  for (size_t i = 0; more && i < numbers[piece].size(); ++i) {
    name->append(numbers[piece][i]);
    more = Visit(pattern, numbers, piece + 1, name, visit);
    name->resize(base);
  }
  name->resize(size);
  return more;
}

}  // namespace

bool ParseHostPattern(absl::string_view text, bool (*allowed)(char), HostPattern* pattern,
                      SyntaxError* error) {
  while (true) {
    const size_t open = text.find('[');
    HostPattern::Piece piece;
    piece.text = text.substr(0, open);
    if (!CheckText(piece.text, allowed, error)) return false;
    pattern->pieces.push_back(piece);
    if (open == absl::string_view::npos) return true;
    if (pattern->pieces.size() > 1 && AllDigits(piece.text)) {
      return error->Set(text.data() + open, "two ranges need something between them");
    }
    if (pattern->pieces.size() > kMaxRanges) {
      return error->Set(text.data() + open, absl::StrCat("more than ", kMaxRanges, " ranges"));
    }
    const size_t close = text.find(']', open);
    if (close == absl::string_view::npos) {
      return error->Set(text.data() + open, "'[' is never closed");
    }
    if (!ParseNumberRanges(text.substr(open + 1, close - open - 1), &pattern->pieces.back().ranges,
                           error)) {
      return false;
    }
    text.remove_prefix(close + 1);
  }
}

uint64_t CountNames(const HostPattern& pattern) {
  uint64_t count = 1;
  for (const HostPattern::Piece& piece : pattern.pieces) {
    if (!piece.ranges.empty()) count = SaturatingProduct(count, CountNumbers(piece.ranges));
  }
  return count;
}

void ForEachName(const HostPattern& pattern, const std::function<bool(std::string)>& visit) {
  Numbers numbers;
  for (const HostPattern::Piece& piece : pattern.pieces) {
    numbers.push_back(ListNumbers(piece.ranges));
  }
  std::string name;
  Visit(pattern, numbers, 0, &name, visit);
}

}  // namespace muster
