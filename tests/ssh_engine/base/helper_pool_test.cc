#include "ssh_engine/base/helper_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

namespace muster {
namespace {

TEST(HelperPoolTest, RunsTasksAtTheSameTime) {
  std::promise<void> first;
  std::promise<void> second;
  std::promise<void> done;
  HelperPool pool(2);
  pool.Run([&] {
    first.set_value();
    second.get_future().wait();
  });
  pool.Run([&] {
    first.get_future().wait();
    second.set_value();
    done.set_value();
  });
  done.get_future().wait();
}

TEST(HelperPoolTest, ATaskThatHasBegunEndsAndOthersAreDroppedWithThePool) {
  auto pool = std::make_unique<HelperPool>(1);
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<int> done{0};
  auto held = std::make_shared<int>(0);
  pool->Run([&] {
    begun.set_value();
    go_on.get_future().wait();
    ++done;
  });
  begun.get_future().wait();
  pool->Run([&done, held] { done += 100; });
  std::thread destroyer([&] { pool.reset(); });
  // The dropped task lets go of what it holds before the pool waits for the other.
  while (held.use_count() > 1) std::this_thread::yield();
  go_on.set_value();
  destroyer.join();
  EXPECT_EQ(done, 1);
}

}  // namespace
}  // namespace muster
