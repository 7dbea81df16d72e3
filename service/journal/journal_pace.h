// When the journal has its turns.
#ifndef SERVICE_JOURNAL_JOURNAL_PACE_H_
#define SERVICE_JOURNAL_JOURNAL_PACE_H_

#include <chrono>

namespace muster::service {

// At once where somebody waits; but each commit costs the processor as much as a few sessions, so
// under load turns take no more than a share of a core, and what nobody waits for goes with
// others'. Has no clock; not thread-safe.
class JournalPace {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;
  static constexpr std::chrono::seconds kRetry{1};  // after a failure

  explicit JournalPace(Time now) : allowance_at_(now) {}

  // There is something to write that nobody waits for. True: a turn is due sooner than it was.
  bool Ask(Time now);
  // At that time, at the latest.
  bool AskAt(Time at);
  // Time::max(): there is nothing to do.
  Time due() const { return due_; }

  void Begin(Time now);
  // `spent`: what the turn has taken of the processor.
  void End(Time now, std::chrono::nanoseconds spent);
  // It failed. What was asked for meanwhile comes no sooner, either.
  void Fail(Time now);

 private:
  void NotBefore(Time earliest);

  Time due_ = Time::max();
  Time earliest_ = Time::min();
  Time begun_ = Time::min();  // the last turn

  // The processor's time that turns may take without a pause, as of then. Less than none: a debt.
  std::chrono::nanoseconds allowance_{0};
  Time allowance_at_;
};

}  // namespace muster::service

#endif  // SERVICE_JOURNAL_JOURNAL_PACE_H_
