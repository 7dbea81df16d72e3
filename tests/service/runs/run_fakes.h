// What runs work with, without threads but for one helper, and without a disk.
#ifndef TESTS_SERVICE_RUNS_RUN_FAKES_H_
#define TESTS_SERVICE_RUNS_RUN_FAKES_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "muster/v1/run_service.pb.h"
#include "service/journal/journal.h"
#include "service/log/tail_memory.h"
#include "service/rollout/rollout_plan.h"
#include "service/runs/host_locks.h"
#include "service/runs/run.h"
#include "service/runs/timers.h"
#include "service/store/memory_run_store.h"
#include "ssh_engine/base/helper_pool.h"
#include "tests/service/fake_engine.h"

namespace muster::service {

// Of CancelRun.
inline Why Canceled() {
  return {v1::RUN_REASON_CANCEL_REQUESTED, "the run was canceled.", "uid:1"};
}

// Time that passes when the test says so. Used on the test's thread.
class FakeTimers final : public Timers {
 public:
  std::unique_ptr<Timer> After(absl::Duration wait, std::function<void()> call) override {
    auto timer = std::make_unique<FakeTimer>();
    calls_.emplace(passed_ + wait, [valid = timer->valid, call = std::move(call)] {
      if (*valid) call();
    });
    return timer;
  }
  void Pass(absl::Duration wait) {
    const absl::Duration end = passed_ + wait;
    while (!calls_.empty() && calls_.begin()->first <= end) {
      const auto next = calls_.extract(calls_.begin());
      passed_ = std::max(passed_, next.key());
      next.mapped()();
    }
    passed_ = end;
  }

 private:
  struct FakeTimer final : Timer {
    ~FakeTimer() override { *valid = false; }
    const std::shared_ptr<bool> valid = std::make_shared<bool>(true);
  };
  std::multimap<absl::Duration, std::function<void()>> calls_;
  absl::Duration passed_ = absl::ZeroDuration();
};

// The parts of one daemon's life; those before and after it have the same disk. What it is asked is
// written when the test says so.
struct FakeDaemon {
  explicit FakeDaemon(std::shared_ptr<MemoryDisk> on = std::make_shared<MemoryDisk>())
      : disk(std::move(on)) {}

  RunParts parts() { return {&engine, &journal, &tails, &locks, &helpers, &timers}; }
  absl::Status Turn() {
    helpers.Drain();
    return journal.Turn();
  }

  const std::shared_ptr<MemoryDisk> disk;
  std::function<void(absl::Duration patience)> on_wake;  // something was queued
  MemoryRunStore store{disk};
  TailMemory tails{size_t{16} << 20};
  HostLocks locks;
  FakeTimers timers;
  FakeEngine engine;
  Journal journal{&store,
                  &tails,
                  {[this](absl::Duration patience) {
                     if (on_wake) on_wake(patience);
                   },
                   nullptr, nullptr}};
  HelperPool helpers{1};  // ended first: its thread queues in the journal
};

inline std::vector<v1::RunHost> HostsNamed(int count) {
  std::vector<v1::RunHost> hosts(count);
  for (int i = 0; i < count; ++i) {
    hosts[i].set_name("host" + std::to_string(i));
    hosts[i].set_address(hosts[i].name());
    hosts[i].set_port(22);
  }
  return hosts;
}

inline RunPlan PlanOf(int hosts, v1::RunSpec spec = {}) {
  RunPlan plan;
  plan.hosts = HostsNamed(hosts);
  plan.rollout = PlanRollout(spec.rollout(), plan.hosts);
  plan.spec = std::move(spec);
  plan.creator = "uid:1000";
  plan.max_output_bytes = 1 << 20;
  return plan;
}

inline std::vector<v1::Event> ParseEvents(const std::string& bytes) {
  v1::WatchRunResponse message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return {message.events().begin(), message.events().end()};
}

// What the store has of a run's log, which must be without a gap.
inline std::vector<v1::Event> StoredEvents(const RunStore& store, const std::string& run_id) {
  const absl::StatusOr<LogPart> part = store.Read(run_id, 0, SIZE_MAX);
  EXPECT_TRUE(part.ok()) << part.status();
  std::vector<v1::Event> events = ParseEvents(part.ok() ? part->bytes : "");
  for (size_t i = 0; i < events.size(); ++i) EXPECT_EQ(events[i].sequence(), i + 1);
  return events;
}

inline std::vector<int> KindsOf(const std::vector<v1::Event>& events) {
  std::vector<int> kinds;
  for (const v1::Event& event : events) kinds.push_back(event.kind_case());
  return kinds;
}

// Of the hosts, in the order of their index.
inline std::vector<v1::HostState> StatesOf(const Run& run) {
  std::vector<v1::HostResult> results;
  run.Results(0, UINT32_MAX, {}, &results);
  std::vector<v1::HostState> states;
  for (const v1::HostResult& result : results) states.push_back(result.state());
  return states;
}

}  // namespace muster::service

#endif  // TESTS_SERVICE_RUNS_RUN_FAKES_H_
