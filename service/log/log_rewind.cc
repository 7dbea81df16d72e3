#include "service/log/log_rewind.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/events/event_block.h"

namespace muster::service {

LogRewind::LogRewind(const RunStore* store, std::string run_id, uint64_t last)
    : store_(store), run_id_(std::move(run_id)), last_(last) {}

absl::StatusOr<std::string> LogRewind::Read() {
  uint64_t after = last_ - std::min(last_, events_);
  while (last_ > 0) {
    absl::StatusOr<LogPart> part = store_->Read(run_id_, after, kPartBytes);
    if (part.ok() && part->bytes.empty()) {
      return absl::DataLossError(absl::StrCat("the log of run ", run_id_, " ends with event ",
                                              after, " in the store; it had ", last_));
    }
    if (part.ok() && part->last_sequence >= last_) return Take(after, *std::move(part));
    if (part.ok()) {
      after = part->last_sequence;
    } else if (absl::IsDataLoss(part.status()) && last_ - after > 1) {
      after += (last_ - after + 1) / 2;  // what follows the damage can be read
    } else {
      return part.status();
    }
  }
  return std::string();
}

std::string LogRewind::Take(uint64_t after, LogPart part) {
  const uint64_t events = last_ - after;
  if (part.last_sequence > last_) part.bytes.resize(SkipEvents(part.bytes, events));
  events_ = part.bytes.size() < kPartBytes / 2 ? 2 * events : events;
  last_ = after;
  return std::move(part.bytes);
}

}  // namespace muster::service
