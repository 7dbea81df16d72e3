#include "proto/nodeset/closest_names.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace muster {
namespace {

constexpr size_t kMaxSuggestions = 3;
constexpr size_t kMaxListed = 10;
constexpr size_t kMaxCompared =
    64;  // bytes of a name: the distance costs the product of two lengths

// Levenshtein's: insertions, deletions and replacements of one character.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<absl::string_view> ClosestNames(absl::string_view wanted,
                                            const std::vector<absl::string_view>& names) {
  const size_t tolerance = std::max<size_t>(2, wanted.size() / 3);
  std::vector<std::pair<size_t, absl::string_view>> close;
  for (const absl::string_view name : names) {
    if (name.size() > kMaxCompared || wanted.size() > kMaxCompared) continue;
    const size_t distance = Distance(wanted, name);
    if (distance <= tolerance && distance < wanted.size()) close.emplace_back(distance, name);
  }
  std::sort(close.begin(), close.end());
  close.resize(std::min(close.size(), kMaxSuggestions));
  std::vector<absl::string_view> result;
  for (const auto& entry : close) result.push_back(entry.second);
  return result;
}

std::string Suggest(absl::string_view wanted, const std::vector<absl::string_view>& names,
                    absl::string_view prefix) {
  const auto add = [&](std::string* out, absl::string_view name) {
    absl::StrAppend(out, prefix, name);
  };
  if (names.empty()) return "there is none";
  const std::vector<absl::string_view> close = ClosestNames(wanted, names);
  if (!close.empty()) return absl::StrCat("did you mean ", absl::StrJoin(close, " or ", add), "?");
  const size_t shown = std::min(names.size(), kMaxListed);
  return absl::StrCat("there are ", absl::StrJoin(names.begin(), names.begin() + shown, ", ", add),
                      shown < names.size() ? ", ..." : "");
}

}  // namespace muster
