#include "service/targets/ansible_hosts.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::service {
namespace {

constexpr size_t kNpos = absl::string_view::npos;
constexpr size_t kMaxDigits = 9;
constexpr size_t kMaxRanges = 8;

// first, first + step, ... up to last: numbers, or the codes of letters.
struct Range {
  uint64_t first = 0;
  uint64_t last = 0;
  uint64_t step = 1;
  size_t width = 0;
  bool letters = false;

  uint64_t count() const { return (last - first) / step + 1; }
  std::string at(uint64_t i) const {
    if (letters) return std::string(1, static_cast<char>(first + i * step));
    std::string digits = absl::StrCat(first + i * step);
    if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
    return digits;
  }
};

struct Piece {
  absl::string_view text;
  bool has_range = false;
  Range range;  // behind the text
};

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

bool ReadLetters(absl::string_view first, absl::string_view last, Range* range) {
  if (first.size() != 1 || last.size() != 1) return false;
  const auto a = static_cast<unsigned char>(first[0]), b = static_cast<unsigned char>(last[0]);
  range->letters = true;
  range->first = a;
  range->last = b;
  return (absl::ascii_islower(a) && absl::ascii_islower(b)) ||
         (absl::ascii_isupper(a) && absl::ascii_isupper(b));
}

bool ReadNumbers(absl::string_view first, absl::string_view last, Range* range) {
  if (!IsNumber(first) || !IsNumber(last)) return false;
  const bool padded = first.size() > 1 && first[0] == '0';
  if (padded && first.size() != last.size()) return false;
  if (padded) range->width = first.size();
  return absl::SimpleAtoi(first, &range->first) && absl::SimpleAtoi(last, &range->last);
}

bool ReadRange(absl::string_view text, Range* range) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return false;
  if (parts.size() == 3 &&
      (!IsNumber(parts[2]) || !absl::SimpleAtoi(parts[2], &range->step) || range->step == 0)) {
    return false;
  }
  const absl::string_view first = parts[0].empty() ? "0" : parts[0];
  const bool read = ReadNumbers(first, parts[1], range) || ReadLetters(first, parts[1], range);
  return read && range->first <= range->last;
}

absl::StatusOr<std::vector<Piece>> Split(absl::string_view text) {
  std::vector<Piece> pieces;
  while (true) {
    const size_t open = text.find('[');
    pieces.push_back({text.substr(0, open), false, {}});
    if (open == kNpos) return pieces;
    const size_t close = text.find(']', open);
    if (close == kNpos) return absl::InvalidArgumentError("'[' is never closed");
    const absl::string_view inside = text.substr(open + 1, close - open - 1);
    pieces.back().has_range = true;
    if (pieces.size() > kMaxRanges || !ReadRange(inside, &pieces.back().range)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "[", inside, "] is no range; Ansible's are written [1:20], [01:20], [0:20:2] or [a:f]"));
    }
    text.remove_prefix(close + 1);
  }
}

void Expand(const std::vector<Piece>& pieces, size_t at, const std::string& before,
            std::vector<std::string>* names) {
  const Piece& piece = pieces[at];
  const std::string name = absl::StrCat(before, piece.text);
  if (!piece.has_range) {
    names->push_back(name);
    return;
  }
  for (uint64_t i = 0; i < piece.range.count(); ++i) {
    Expand(pieces, at + 1, name + piece.range.at(i), names);
  }
}

absl::StatusOr<std::vector<std::string>> ExpandNames(absl::string_view text, size_t limit) {
  absl::StatusOr<std::vector<Piece>> pieces = Split(text);
  if (!pieces.ok()) return pieces.status();
  uint64_t count = 1;
  for (const Piece& piece : *pieces) {
    if (piece.has_range) count *= piece.range.count();
    if (count > limit) {  // so that eight ranges of 10^9 do not overflow
      return absl::ResourceExhaustedError(
          absl::StrCat(text, " brings the inventory past its limit for hosts"));
    }
  }
  std::vector<std::string> names;
  names.reserve(count);
  Expand(*pieces, 0, "", &names);
  return names;
}

// Where ":port" begins, brackets left out; npos when there is none.
size_t FindPort(absl::string_view entry) {
  const size_t colon = entry.rfind(':');
  if (colon == kNpos || entry.find(']', colon) != kNpos) return kNpos;
  return colon;
}

bool IsAddress(absl::string_view entry) {
  const absl::StatusOr<Target> target = ParseTarget(entry);
  return target.ok() && target->host.find(':') != std::string::npos;
}

}  // namespace

absl::StatusOr<std::vector<Target>> ExpandAnsibleHosts(absl::string_view entry, size_t limit) {
  const bool literal = entry.find('@') == kNpos && IsAddress(entry);
  const size_t port = literal ? kNpos : FindPort(entry);
  absl::StatusOr<std::vector<std::string>> names =
      literal ? std::vector<std::string>{std::string(entry)}
              : ExpandNames(entry.substr(0, port), limit);
  if (!names.ok()) return names.status();
  std::vector<Target> targets;
  targets.reserve(names->size());
  for (const std::string& name : *names) {
    absl::StatusOr<Target> target =
        ParseTarget(port == kNpos ? name : absl::StrCat(name, entry.substr(port)));
    if (!target.ok()) return target.status();
    if (!target->user.empty()) {
      return absl::InvalidArgumentError("a user is given as ansible_user=NAME, not as NAME@host");
    }
    targets.push_back(*std::move(target));
  }
  return targets;
}

}  // namespace muster::service
