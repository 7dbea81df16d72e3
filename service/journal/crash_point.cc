#include "service/journal/crash_point.h"

#include <signal.h>

#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace muster::service {
namespace {

// In the order of CrashPoint.
constexpr const char* kNames[] = {
    "append-before",      "append-after",      "added-before", "added-after",  "starting-before",
    "starting-after",     "grant-before",      "grant-after",  "ended-before", "ended-after",
    "publish-end-before", "publish-end-after", "sync-before",  "sync-after",
};
static_assert(std::size(kNames) == static_cast<size_t>(CrashPoint::kSyncAfter) + 1);

// Written before the flag is set, which is before there are threads.
CrashPoint armed_point;
std::atomic<int64_t> passes_left{0};

}  // namespace

std::atomic<bool> internal::crash_point_armed{false};

void internal::CountCrashPoint(CrashPoint point) {
  if (point == armed_point && --passes_left == 0) raise(SIGKILL);
}

absl::Status ArmCrashPoint(const std::string& text) {
  if (text.empty()) return absl::OkStatus();
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  int64_t passes = 0;
  const bool counts = absl::SimpleAtoi(parts.second, &passes) && passes > 0;
  for (size_t i = 0; counts && i < std::size(kNames); ++i) {
    if (parts.first != kNames[i]) continue;
    armed_point = static_cast<CrashPoint>(i);
    passes_left = passes;
    internal::crash_point_armed = true;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("MUSTERD_CRASH_AT=", text, ": expected NAME:N with a name of crash_point.h"));
}

}  // namespace muster::service
