#include "service/runs/timers.h"

#include <grpcpp/alarm.h>

#include <utility>

#include "absl/time/clock.h"

namespace muster::service {
namespace {

class GrpcTimer final : public Timer {
 public:
  GrpcTimer(absl::Duration wait, std::function<void()> call) {
    alarm_.Set(absl::ToChronoTime(absl::Now() + wait), [call = std::move(call)](bool ok) {
      if (ok) call();
    });
  }

 private:
  grpc::Alarm alarm_;
};

class AllGrpcTimers final : public Timers {
 public:
  std::unique_ptr<Timer> After(absl::Duration wait, std::function<void()> call) override {
    return std::make_unique<GrpcTimer>(wait, std::move(call));
  }
};

}  // namespace

Timers* GrpcTimers() {
  static auto* const timers = new AllGrpcTimers();
  return timers;
}

}  // namespace muster::service
