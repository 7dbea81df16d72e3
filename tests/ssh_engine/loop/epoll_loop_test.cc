#include "ssh_engine/loop/epoll_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace muster::engine {
namespace {

using ::testing::ElementsAre;

class EpollLoopTest : public ::testing::Test {
 protected:
  EpollLoopTest() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    near_.Reset(fds[0]);
    far_.Reset(fds[1]);
  }
  void Write() { EXPECT_EQ(write(far_.get(), "x", 1), 1); }

  std::unique_ptr<EpollLoop> loop_ = *EpollLoop::Create();
  UniqueFd near_;
  UniqueFd far_;
};

TEST_F(EpollLoopTest, RunsPostedTasksInOrder) {
  std::vector<int> order;
  loop_->Post([&] { order.push_back(1); });
  loop_->Post([&] {
    order.push_back(2);
    loop_->Post([&] {
      order.push_back(3);
      loop_->Stop();
    });
  });
  loop_->Run();
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

// What closed it may have been a library, and the number has another one's descriptor.
TEST_F(EpollLoopTest, AWatchThatForgetsLeavesTheNextOneWithItsNumberAlone) {
  std::unique_ptr<FdWatch> next;
  std::unique_ptr<Timer> late;
  int seen = 0;
  loop_->Post([&] {
    UniqueFd first(eventfd(0, EFD_CLOEXEC));
    const int number = first.get();
    auto dead = loop_->Watch(number, Priority::kNormal, [](Readiness) { FAIL(); });
    dead->SetInterest(true, false);
    first.Reset();
    ASSERT_EQ(dup2(near_.get(), number), number);
    near_.Reset(number);
    next = loop_->Watch(number, Priority::kNormal, [&](Readiness) {
      ++seen;
      loop_->Stop();
    });
    next->SetInterest(true, false);
    dead->Forget();
    dead->SetInterest(true, true);
    dead->SetPriority(Priority::kBulk);
    dead.reset();
    late = loop_->NewTimer([&] { loop_->Stop(); });
    late->Arm(absl::Seconds(60));
    Write();
  });
  loop_->Run();
  EXPECT_EQ(seen, 1);
}

TEST_F(EpollLoopTest, TakesPostsFromOtherThreads) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 5000;
  int count = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kPosts; ++j) {
        loop_->Post([&] {
          if (++count == kThreads * kPosts) loop_->Stop();
        });
      }
    });
  }
  loop_->Run();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(count, kThreads * kPosts);
}

TEST_F(EpollLoopTest, DeferredTasksComeAtTheEndOfTheSameIteration) {
  std::vector<int> order;
  loop_->Post([&] {
    loop_->Defer([&] {
      order.push_back(3);
      loop_->Defer([&] { order.push_back(4); });
    });
    order.push_back(1);
  });
  loop_->Post([&] {
    order.push_back(2);
    loop_->Post([&] {
      order.push_back(5);
      loop_->Stop();
    });
  });
  loop_->Run();
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(EpollLoopTest, TimersFireInTheOrderOfTheirTimes) {
  std::vector<int> order;
  auto late = loop_->NewTimer([&] {
    order.push_back(3);
    loop_->Stop();
  });
  auto early = loop_->NewTimer([&] { order.push_back(1); });
  auto never = loop_->NewTimer([&] { order.push_back(2); });
  late->Arm(absl::Milliseconds(20));
  early->Arm(absl::Milliseconds(1));
  never->Arm(absl::Milliseconds(5));
  never->Disarm();
  loop_->Run();
  EXPECT_THAT(order, ElementsAre(1, 3));
  EXPECT_FALSE(late->armed());
}

TEST_F(EpollLoopTest, AZeroTimerNeverFiresInsideArm) {
  bool armed = false;
  auto timer = loop_->NewTimer([&] {
    EXPECT_TRUE(armed);
    loop_->Stop();
  });
  timer->Arm(absl::ZeroDuration());
  armed = true;
  loop_->Run();
}

TEST_F(EpollLoopTest, ReportsReadinessAsLongAsItLasts) {
  int calls = 0;
  auto watch = loop_->Watch(near_.get(), Priority::kNormal, [&](Readiness readiness) {
    EXPECT_TRUE(readiness.readable);
    EXPECT_FALSE(readiness.writable);
    if (++calls == 3) loop_->Stop();
  });
  watch->SetInterest(true, false);
  Write();
  loop_->Run();
  EXPECT_EQ(calls, 3);
}

TEST_F(EpollLoopTest, AParkedDescriptorIsSilentEvenOnHangup) {
  bool called = false;
  auto watch = loop_->Watch(near_.get(), Priority::kNormal, [&](Readiness) { called = true; });
  watch->SetInterest(true, false);
  watch->SetInterest(false, false);
  Write();
  far_.Reset();
  auto timer = loop_->NewTimer([&] { loop_->Stop(); });
  timer->Arm(absl::Milliseconds(10));
  loop_->Run();
  EXPECT_FALSE(called);
}

TEST_F(EpollLoopTest, AWatchMayBeDestroyedByAnothersCallbackInTheSameIteration) {
  int fds[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
  const UniqueFd second(fds[0]);
  const UniqueFd second_far(fds[1]);
  std::unique_ptr<FdWatch> watches[2];
  int calls = 0;
  const auto destroy_both = [&](Readiness) {
    ++calls;
    watches[0].reset();
    watches[1].reset();
    loop_->Post([&] { loop_->Stop(); });
  };
  watches[0] = loop_->Watch(near_.get(), Priority::kNormal, destroy_both);
  watches[1] = loop_->Watch(second.get(), Priority::kNormal, destroy_both);
  for (auto& watch : watches) watch->SetInterest(true, false);
  Write();
  ASSERT_EQ(write(second_far.get(), "x", 1), 1);
  loop_->Run();
  EXPECT_EQ(calls, 1);
}

TEST_F(EpollLoopTest, TheBackgroundIsServedAFewAtATimeAndAfterAllOthers) {
  constexpr int kMany = 40;
  std::vector<UniqueFd> fds;
  std::vector<std::unique_ptr<FdWatch>> watches;
  int background = 0;
  int most_between = 0;
  int since_normal = 0;
  for (int i = 0; i < kMany; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    watches.push_back(loop_->Watch(fds.back().get(), Priority::kBackground, [&, i](Readiness) {
      most_between = std::max(most_between, ++since_normal);
      watches[i]->SetInterest(false, false);
      if (++background == kMany) loop_->Stop();
    }));
    watches.back()->SetInterest(true, false);
  }
  // Always ready: has its turn in each iteration.
  auto normal = loop_->Watch(near_.get(), Priority::kNormal, [&](Readiness) {
    since_normal = 0;
    if (background == 0) {
      EXPECT_FALSE(loop_->BackgroundIsBehind());
    }
    if (background == 4) {
      EXPECT_TRUE(loop_->BackgroundIsBehind());
    }
  });
  normal->SetInterest(true, false);
  Write();
  loop_->Run();
  EXPECT_EQ(background, kMany);
  EXPECT_EQ(most_between, 4);
}

TEST_F(EpollLoopTest, WhileSomebodyHurriesTheBackgroundPausesForAMillisecond) {
  const UniqueFd ready(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  std::vector<absl::Duration> turns;
  auto background = loop_->Watch(ready.get(), Priority::kBackground, [&](Readiness) {
    if (turns.empty() || loop_->Now() > turns.back()) turns.push_back(loop_->Now());
    if (turns.size() == 5) loop_->Stop();
  });
  background->SetInterest(true, false);
  loop_->AddHurried(1);
  loop_->Run();
  ASSERT_EQ(turns.size(), 5u);
  for (size_t i = 1; i < turns.size(); ++i) {
    EXPECT_GE(turns[i] - turns[i - 1], absl::Milliseconds(1));
  }
}

// Here: one who gets no answer.
TEST_F(EpollLoopTest, TheBackgroundPausesNoLongerThanSomeMillisecondsForOneWhoHurries) {
  const UniqueFd ready(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  absl::Duration last = -absl::InfiniteDuration();
  auto background = loop_->Watch(ready.get(), Priority::kBackground, [&](Readiness) {
    const bool at_once = loop_->Now() - last < absl::Milliseconds(1) && loop_->Now() > last;
    last = loop_->Now();
    if (at_once) loop_->Stop();
  });
  background->SetInterest(true, false);
  const absl::Duration begin = loop_->Now();
  loop_->AddHurried(1);
  loop_->Run();
  EXPECT_GE(last - begin, absl::Milliseconds(20));
}

TEST_F(EpollLoopTest, AMomentAfterSomebodyHurriedItIsStillInHurry) {
  EXPECT_FALSE(loop_->InHurry());
  const absl::Duration begin = loop_->Now();
  loop_->AddHurried(1);
  loop_->AddHurried(-1);
  EXPECT_TRUE(loop_->InHurry());
  std::unique_ptr<Timer> look = loop_->NewTimer([&] {
    if (!loop_->InHurry()) return loop_->Stop();
    look->Arm(absl::Milliseconds(1));
  });
  look->Arm(absl::ZeroDuration());
  loop_->Run();
  EXPECT_GE(loop_->Now() - begin, absl::Milliseconds(100));
}

TEST_F(EpollLoopTest, ThePauseEndsWhenNobodyHurriesAnyMore) {
  const UniqueFd ready(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
  bool served = false;
  int iterations = 0;  // since nobody hurries
  auto background = loop_->Watch(ready.get(), Priority::kBackground, [&](Readiness) {
    served = true;
    if (iterations > 0) loop_->Stop();
  });
  background->SetInterest(true, false);
  auto normal = loop_->Watch(near_.get(), Priority::kNormal, [&](Readiness) {
    if (served && iterations++ == 0) loop_->AddHurried(-1);
  });
  normal->SetInterest(true, false);
  Write();
  loop_->AddHurried(1);
  loop_->Run();
  EXPECT_EQ(iterations, 1);
}

TEST_F(EpollLoopTest, WhoAlwaysHasMoreComesAfterThoseWhoHaveLittle) {
  constexpr int kMany = 40;
  std::vector<UniqueFd> fds;
  std::vector<std::unique_ptr<FdWatch>> watches;
  int calls = 0;
  int most_between = 0;
  int since_normal = 0;
  const auto on_ready = [&](Readiness) {
    most_between = std::max(most_between, ++since_normal);
    if (++calls == 100) {
      EXPECT_EQ(most_between, 4);
      for (auto& watch : watches) watch->SetPriority(Priority::kNormal);
    }
    if (calls == 300) loop_->Stop();
  };
  for (int i = 0; i < kMany; ++i) {
    fds.emplace_back(eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    watches.push_back(loop_->Watch(fds.back().get(), Priority::kNormal, on_ready));
    watches.back()->SetInterest(true, false);
    watches.back()->SetPriority(Priority::kBulk);
  }
  auto normal = loop_->Watch(near_.get(), Priority::kNormal, [&](Readiness) { since_normal = 0; });
  normal->SetInterest(true, false);
  Write();
  loop_->Run();
  EXPECT_GT(most_between, 4);
}

TEST_F(EpollLoopTest, TasksThatNeverRunAreDestroyed) {
  auto held = std::make_shared<int>(0);
  loop_->Stop();
  loop_->Run();
  loop_->Post([held] { FAIL(); });
  loop_.reset();
  EXPECT_EQ(held.use_count(), 1);
}

TEST_F(EpollLoopTest, KnowsItsThread) {
  bool inside = false;
  std::thread thread([&] { loop_->Run(); });
  loop_->Post([&] {
    inside = loop_->InLoopThread();
    loop_->Stop();
  });
  thread.join();
  EXPECT_TRUE(inside);
  EXPECT_FALSE(loop_->InLoopThread());
}

}  // namespace
}  // namespace muster::engine
