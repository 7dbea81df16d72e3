#include "service/log/line_search.h"

#include <re2/re2.h>
#include <string.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

bool Contains(absl::string_view data, absl::string_view text) {
  return memmem(data.data(), data.size(), text.data(), text.size()) != nullptr;
}

absl::Status CheckPattern(absl::string_view pattern) {
  if (pattern.empty()) return absl::InvalidArgumentError("it is empty");
  if (pattern.size() > LineSearch::kMaxPatternBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", pattern.size(), " bytes; at most ", LineSearch::kMaxPatternBytes));
  }
  if (pattern.find('\n') == absl::string_view::npos) return absl::OkStatus();
  return absl::InvalidArgumentError("it has a line break; lines are searched one by one");
}

}  // namespace

LineSearch::LineSearch(absl::string_view text) : text_(text) {}
LineSearch::LineSearch(LineSearch&&) noexcept = default;
LineSearch& LineSearch::operator=(LineSearch&&) noexcept = default;
LineSearch::~LineSearch() = default;

absl::StatusOr<LineSearch> LineSearch::Make(absl::string_view pattern, bool is_regex) {
  const absl::Status checked = CheckPattern(pattern);
  if (!checked.ok()) return checked;
  LineSearch search(pattern);
  if (!is_regex) return search;
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionBytes);
  search.regex_ = std::make_unique<RE2>(search.text_, options);
  if (search.regex_->ok()) return search;
  return absl::InvalidArgumentError(
      absl::StrCat("it is no expression of RE2: ", search.regex_->error()));
}

bool LineSearch::Matches(absl::string_view line) const {
  if (regex_ == nullptr) return Contains(line, text_);
  return RE2::PartialMatch(re2::StringPiece(line.data(), line.size()), *regex_);
}

LineSearch::Found LineSearch::Find(absl::string_view data) const {
  Found found;
  if (regex_ == nullptr && !Contains(data, text_)) return found;
  while (!data.empty()) {
    const size_t end = data.find('\n');
    const absl::string_view line = data.substr(0, end);
    const size_t size = end == absl::string_view::npos ? data.size() : end + 1;
    found.last = Matches(line);
    if (found.last) found.lines.append(data.data(), size);
    data.remove_prefix(size);
  }
  return found;
}

}  // namespace muster::service
