#include "service/runs/host_locks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

class HostLocksTest : public testing::Test {
 protected:
  // `who` is noted once the lock is held.
  HostLocks::Ticket Acquire(const std::string& name, const std::string& host, int who) {
    absl::StatusOr<HostLocks::Ticket> ticket =
        locks_.Acquire(name, host, [this, who](HostLocks::Ticket) { held_.push_back(who); });
    EXPECT_TRUE(ticket.ok());
    return *ticket;
  }

  HostLocks locks_;
  std::vector<int> held_;
};

TEST_F(HostLocksTest, FirstComeFirstServed) {
  const HostLocks::Ticket first = Acquire("deploy", "web1", 1);
  const HostLocks::Ticket second = Acquire("deploy", "web1", 2);
  Acquire("deploy", "web1", 3);
  EXPECT_THAT(held_, ElementsAre(1));
  locks_.Release(first);
  EXPECT_THAT(held_, ElementsAre(1, 2));
  locks_.Release(second);
  EXPECT_THAT(held_, ElementsAre(1, 2, 3));
}

TEST_F(HostLocksTest, OtherHostsAndOtherNamesDoNotWait) {
  Acquire("a", "bc", 1);
  Acquire("a", "bd", 2);
  Acquire("ab", "c", 3);
  Acquire("", "abc", 4);
  EXPECT_THAT(held_, ElementsAre(1, 2, 3, 4));
}

TEST_F(HostLocksTest, WhoWaitsCanWithdraw) {
  const HostLocks::Ticket first = Acquire("deploy", "web1", 1);
  const HostLocks::Ticket second = Acquire("deploy", "web1", 2);
  Acquire("deploy", "web1", 3);
  locks_.Release(second);
  EXPECT_THAT(held_, ElementsAre(1));
  locks_.Release(first);
  EXPECT_THAT(held_, ElementsAre(1, 3));
}

TEST_F(HostLocksTest, ReleasingTwiceIsHarmless) {
  const HostLocks::Ticket first = Acquire("deploy", "web1", 1);
  Acquire("deploy", "web1", 2);
  Acquire("deploy", "web1", 3);
  locks_.Release(first);
  locks_.Release(first);
  EXPECT_THAT(held_, ElementsAre(1, 2));
}

TEST_F(HostLocksTest, LeavesNothingBehind) {
  std::vector<HostLocks::Ticket> tickets;
  for (int i = 0; i < 100; ++i) tickets.push_back(Acquire("deploy", absl::StrCat("h", i % 10), i));
  EXPECT_EQ(locks_.tickets(), 100u);
  for (const HostLocks::Ticket ticket : tickets) locks_.Release(ticket);
  EXPECT_EQ(locks_.tickets(), 0u);
}

TEST_F(HostLocksTest, IsBounded) {
  HostLocks locks(2);
  const auto ignore = [](HostLocks::Ticket) {};
  const HostLocks::Ticket first = *locks.Acquire("deploy", "web1", ignore);
  ASSERT_TRUE(locks.Acquire("deploy", "web1", ignore).ok());
  EXPECT_EQ(locks.Acquire("deploy", "web2", ignore).status().code(),
            absl::StatusCode::kResourceExhausted);
  locks.Release(first);
  EXPECT_TRUE(locks.Acquire("deploy", "web2", ignore).ok());
}

TEST_F(HostLocksTest, ALongLineInWhichEachReleasesAtOnce) {
  constexpr int kRuns = 100'000;
  const HostLocks::Ticket first = Acquire("deploy", "web1", 1);
  int grants = 0;
  for (int i = 0; i < kRuns; ++i) {
    ASSERT_TRUE(locks_
                    .Acquire("deploy", "web1",
                             [this, &grants](HostLocks::Ticket ticket) {
                               ++grants;
                               locks_.Release(ticket);
                             })
                    .ok());
  }
  locks_.Release(first);
  EXPECT_EQ(grants, kRuns);
  EXPECT_EQ(locks_.tickets(), 0u);
}

// A run that starts hosts one after the other, as many at a time as it likes.
class Runner {
 public:
  Runner(HostLocks* locks, std::vector<int> hosts) : locks_(locks), hosts_(std::move(hosts)) {}

  void StartNext() {
    if (next_ == hosts_.size()) return;
    const std::string host = absl::StrCat("h", hosts_[next_++]);
    ASSERT_TRUE(
        locks_->Acquire("deploy", host, [this](HostLocks::Ticket t) { held_.push_back(t); }).ok());
  }
  void EndOne() {
    if (held_.empty()) return;
    const HostLocks::Ticket ticket = held_.back();
    held_.pop_back();
    ++ended_;
    locks_->Release(ticket);
    StartNext();
  }
  bool over() const { return ended_ == hosts_.size(); }

 private:
  HostLocks* locks_;
  const std::vector<int> hosts_;
  size_t next_ = 0;
  size_t ended_ = 0;
  std::vector<HostLocks::Ticket> held_;
};

TEST_F(HostLocksTest, RunsInOppositeOrderBothEnd) {
  Runner up(&locks_, {0, 1, 2, 3});
  Runner down(&locks_, {3, 2, 1, 0});
  for (int i = 0; i < 2; ++i) {
    up.StartNext();
    down.StartNext();
  }
  for (int turn = 0; turn < 100; ++turn) {
    up.EndOne();
    down.EndOne();
  }
  EXPECT_TRUE(up.over());
  EXPECT_TRUE(down.over());
  EXPECT_EQ(locks_.tickets(), 0u);
}

// Takes and gives up locks by chance; fails where two hold one at the same time.
class Contender {
 public:
  static constexpr int kHosts = 3;
  using Holders = std::array<std::atomic<int>, kHosts>;

  Contender(HostLocks* locks, Holders* holders, unsigned seed)
      : locks_(locks), holders_(holders), random_(seed) {}

  void Contend() {
    for (int i = 0; i < 3000; ++i) {
      AcquireAny();
      if (random_() % 2 == 0) ReleaseOne();
    }
  }

  // Whether there was one to release.
  bool ReleaseOne() {
    Held held;
    {
      MutexLock lock(&mutex_);
      if (held_.empty()) return false;
      held = held_.back();
      held_.pop_back();
    }
    (*holders_)[held.host].fetch_sub(1);
    locks_->Release(held.ticket);
    return true;
  }

 private:
  struct Held {
    int host;
    HostLocks::Ticket ticket;
  };

  void AcquireAny() {
    const int host = static_cast<int>(random_() % kHosts);
    ASSERT_TRUE(locks_
                    ->Acquire("deploy", absl::StrCat(host),
                              [this, host](HostLocks::Ticket t) {
                                EXPECT_EQ((*holders_)[host].fetch_add(1), 0);
                                MutexLock lock(&mutex_);
                                held_.push_back({host, t});
                              })
                    .ok());
  }

  HostLocks* const locks_;
  Holders* const holders_;
  std::mt19937 random_;
  Mutex mutex_;
  std::vector<Held> held_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(HostLocksTest, OneHoldsAtATimeAcrossThreads) {
  Contender::Holders holders{};
  std::vector<std::unique_ptr<Contender>> contenders;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    contenders.push_back(std::make_unique<Contender>(&locks_, &holders, seed));
    threads.emplace_back([contender = contenders.back().get()] { contender->Contend(); });
  }
  for (std::thread& thread : threads) thread.join();
  bool any = true;
  while (std::exchange(any, false)) {
    for (const auto& contender : contenders) any |= contender->ReleaseOne();
  }
  EXPECT_EQ(locks_.tickets(), 0u);
}

}  // namespace
}  // namespace muster::service
