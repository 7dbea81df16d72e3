#include "service/journal/journal_pace.h"

#include <algorithm>

namespace muster::service {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// The turns may take this share of a core, after some that are free.
constexpr int kShareOfCore = 4;  // a quarter
constexpr nanoseconds kMostAllowance = milliseconds(1);
constexpr nanoseconds kLongestPause = milliseconds(3);  // from one turn's beginning to the next
// What nobody waits for: soon after a quiet time, else at this distance. Watchers are written to
// forty milliseconds apart anyhow.
constexpr milliseconds kPutOff(10);
constexpr milliseconds kDistance(75);

}  // namespace

bool JournalPace::Ask(Time now) { return AskAt(std::max<Time>(now + kPutOff, begun_ + kDistance)); }

bool JournalPace::AskAt(Time at) {
  const Time due = std::max(at, earliest_);
  if (due >= due_) return false;
  due_ = due;
  return true;
}

void JournalPace::Begin(Time now) {
  due_ = Time::max();
  begun_ = now;
}

void JournalPace::End(Time now, nanoseconds spent) {
  allowance_ = std::min(kMostAllowance, allowance_ + (now - allowance_at_) / kShareOfCore) - spent;
  allowance_ = std::max<nanoseconds>(allowance_, -kLongestPause / kShareOfCore);
  allowance_at_ = now;
  NotBefore(begun_ + std::max(nanoseconds(0), -allowance_ * kShareOfCore));
}

void JournalPace::Fail(Time now) {
  NotBefore(now + kRetry);
  AskAt(now);
}

void JournalPace::NotBefore(Time earliest) {
  earliest_ = earliest;
  if (due_ != Time::max()) due_ = std::max(due_, earliest_);
}

}  // namespace muster::service
