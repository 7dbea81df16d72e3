#include "service/rollout/host_amount.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace muster::service {
namespace {

absl::Status Malformed(absl::string_view field, absl::string_view text, uint32_t least) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": \"", text.substr(0, 40),
                   "\" is no number of hosts; it must be a whole number of at least ", least,
                   " such as \"5\", or a percentage from ", least, "% to 100% such as \"10%\""));
}

constexpr size_t kMaxDigits = 10;  // also with zeros in front: it is kept as it is written

// SimpleAtoi alone would take signs and spaces.
bool ParseNumber(absl::string_view digits, uint32_t* value) {
  return digits.size() <= kMaxDigits &&
         std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
         absl::SimpleAtoi(digits, value);
}

}  // namespace

uint32_t HostAmount::RoundedUp(uint32_t hosts) const {
  if (!percent) return value;
  return static_cast<uint32_t>((uint64_t{hosts} * value + 99) / 100);
}

uint32_t HostAmount::RoundedDown(uint32_t hosts) const {
  if (!percent) return value;
  return static_cast<uint32_t>(uint64_t{hosts} * value / 100);
}

absl::StatusOr<HostAmount> ParseHostAmount(absl::string_view field, absl::string_view text,
                                           uint32_t least) {
  HostAmount amount;
  absl::string_view digits = text;
  amount.percent = absl::ConsumeSuffix(&digits, "%");
  if (!ParseNumber(digits, &amount.value) || amount.value < least ||
      (amount.percent && amount.value > 100)) {
    return Malformed(field, text, least);
  }
  return amount;
}

}  // namespace muster::service
