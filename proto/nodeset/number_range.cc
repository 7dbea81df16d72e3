#include "proto/nodeset/number_range.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace muster {
namespace {

constexpr size_t kMaxDigits = 18;  // what fits into 64 bits without a thought

bool ParseNumber(absl::string_view text, uint64_t* number, SyntaxError* error) {
  if (text.empty()) return error->Set(text.data(), "a number is missing");
  const auto other = std::find_if_not(text.begin(), text.end(), absl::ascii_isdigit);
  if (other != text.end()) {
    return error->Set(text.data() + (other - text.begin()),
                      "expected a number or a range such as 1-20 or 0-10/2");
  }
  if (text.size() > kMaxDigits) return error->Set(text.data(), "more than 18 digits");
  (void)absl::SimpleAtoi(text, number);  // only digits, and they fit
  return true;
}

bool Padded(absl::string_view digits) { return digits.size() > 1 && digits[0] == '0'; }

bool ParseStep(absl::string_view text, bool single, NumberRange* range, SyntaxError* error) {
  if (!ParseNumber(text, &range->step, error)) return false;
  if (range->step == 0) return error->Set(text.data(), "a step of 0");
  if (single && range->step != 1) {
    return error->Set(text.data(), "a step needs a range, such as 0-10/2");
  }
  return true;
}

bool ParseBounds(absl::string_view first, absl::string_view last, NumberRange* range,
                 SyntaxError* error) {
  if (!ParseNumber(first, &range->first, error) || !ParseNumber(last, &range->last, error)) {
    return false;
  }
  if (range->first > range->last) {
    return error->Set(first.data(),
                      absl::StrCat("the range ", first, "-", last, " runs backwards"));
  }
  if (!Padded(first) && !Padded(last)) return true;
  if (first.size() != last.size()) {
    return error->Set(first.data(), absl::StrCat("both ends of the padded range ", first, "-", last,
                                                 " need the same number of digits"));
  }
  range->width = static_cast<int>(first.size());
  return true;
}

bool ParseOne(absl::string_view text, NumberRange* range, SyntaxError* error) {
  if (text.empty()) return error->Set(text.data(), "empty range");
  const size_t slash = text.find('/');
  const absl::string_view bounds = absl::StripAsciiWhitespace(text.substr(0, slash));
  const size_t dash = bounds.find('-');
  const bool single = dash == absl::string_view::npos;
  if (dash == 0) return error->Set(bounds.data(), "negative numbers are not host numbers");
  if (slash != absl::string_view::npos &&
      !ParseStep(absl::StripAsciiWhitespace(text.substr(slash + 1)), single, range, error)) {
    return false;
  }
  if (single) return ParseBounds(bounds, bounds, range, error);
  return ParseBounds(absl::StripTrailingAsciiWhitespace(bounds.substr(0, dash)),
                     absl::StripLeadingAsciiWhitespace(bounds.substr(dash + 1)), range, error);
}

std::string Digits(uint64_t number, int width) {
  std::string digits = absl::StrCat(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

}  // namespace

bool ParseNumberRanges(absl::string_view text, std::vector<NumberRange>* ranges,
                       SyntaxError* error) {
  while (true) {
    const size_t comma = text.find(',');
    NumberRange range;
    if (!ParseOne(absl::StripAsciiWhitespace(text.substr(0, comma)), &range, error)) return false;
    ranges->push_back(range);
    if (comma == absl::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

uint64_t CountNumbers(const std::vector<NumberRange>& ranges) {
  uint64_t count = 0;
  for (const NumberRange& range : ranges) {
    const uint64_t more = (range.last - range.first) / range.step + 1;
    if (more > std::numeric_limits<uint64_t>::max() - count) {
      return std::numeric_limits<uint64_t>::max();
    }
    count += more;
  }
  return count;
}

std::vector<std::string> ListNumbers(const std::vector<NumberRange>& ranges) {
  std::vector<std::string> numbers;
  numbers.reserve(CountNumbers(ranges));
  for (const NumberRange& range : ranges) {
    const uint64_t count = (range.last - range.first) / range.step + 1;
    for (uint64_t i = 0; i < count; ++i) {
      numbers.push_back(Digits(range.first + i * range.step, range.width));
    }
  }
  return numbers;
}

}  // namespace muster
