// Calls that come later.
#ifndef SERVICE_RUNS_TIMERS_H_
#define SERVICE_RUNS_TIMERS_H_

#include <functional>
#include <memory>

#include "absl/time/time.h"

namespace muster::service {

// Destroyed, it calls no more; it may just be calling even so.
class Timer {
 public:
  virtual ~Timer() = default;
};

// Thread-safe.
class Timers {
 public:
  virtual ~Timers() = default;
  // Calls once, from any thread, with no lock held. `call` must not block, and may destroy the
  // timer.
  virtual std::unique_ptr<Timer> After(absl::Duration wait, std::function<void()> call) = 0;
};

// On gRPC's threads. Never destroyed.
Timers* GrpcTimers();

}  // namespace muster::service

#endif  // SERVICE_RUNS_TIMERS_H_
