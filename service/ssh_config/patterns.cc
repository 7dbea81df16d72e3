#include "service/ssh_config/patterns.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace muster::service {
namespace {

// OpenSSH takes a longer one of a list for no match.
constexpr size_t kMaxPattern = 1023;

}  // namespace

bool MatchesPattern(absl::string_view text, absl::string_view pattern) {
  size_t at = 0, in = 0;
  size_t star = absl::string_view::npos, resume = 0;
  while (at < text.size()) {
    if (in < pattern.size() && pattern[in] == '*') {
      star = in++;
      resume = at;
    } else if (in < pattern.size() && (pattern[in] == '?' || pattern[in] == text[at])) {
      ++in;
      ++at;
    } else if (star != absl::string_view::npos) {
      in = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in) == absl::string_view::npos;
}

bool MatchesList(absl::string_view text, absl::string_view patterns, bool lower) {
  bool found = false;
  if (patterns.empty()) return false;
  for (absl::string_view pattern : absl::StrSplit(patterns, ',')) {
    const bool negated = absl::ConsumePrefix(&pattern, "!");
    if (pattern.size() >= kMaxPattern) return false;
    const bool matches =
        MatchesPattern(text, lower ? absl::AsciiStrToLower(pattern) : std::string(pattern));
    if (matches && negated) return false;
    found = found || matches;
  }
  return found;
}

}  // namespace muster::service
