#include "ssh_engine/pool/fair_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace muster::engine {
namespace {

using ::testing::ElementsAre;

std::vector<int> Drain(FairQueue<int>* queue) {
  std::vector<int> items;
  while (!queue->empty()) items.push_back(queue->Pop());
  return items;
}

TEST(FairQueueTest, OneRunIsServedInItsOrder) {
  FairQueue<int> queue;
  for (int i = 0; i < 3; ++i) queue.Push({"ann", nullptr}, i);
  EXPECT_THAT(Drain(&queue), ElementsAre(0, 1, 2));
}

TEST(FairQueueTest, CallersTakeTurns) {
  FairQueue<int> queue;
  for (int i = 0; i < 4; ++i) queue.Push({"ann", nullptr}, i);
  queue.Push({"bob", nullptr}, 10);
  queue.Push({"bob", nullptr}, 11);
  EXPECT_THAT(Drain(&queue), ElementsAre(0, 10, 1, 11, 2, 3));
}

TEST(FairQueueTest, ManyRunsGiveACallerNoMoreTurns) {
  FairQueue<int> queue;
  const int runs[3] = {};
  for (int run = 0; run < 3; ++run) {
    for (int i = 0; i < 2; ++i) queue.Push({"ann", &runs[run]}, 10 * run + i);
  }
  queue.Push({"bob", nullptr}, 100);
  queue.Push({"bob", nullptr}, 101);
  EXPECT_THAT(Drain(&queue), ElementsAre(0, 100, 10, 101, 20, 1, 11, 21));
}

TEST(FairQueueTest, WhoComesLateWaitsForOneTurnOfEachOther) {
  FairQueue<int> queue;
  for (int i = 0; i < 10'000; ++i) queue.Push({"ann", nullptr}, i);
  queue.Pop();
  queue.Push({"bob", nullptr}, -1);
  queue.Pop();
  EXPECT_EQ(queue.Pop(), -1);
}

}  // namespace
}  // namespace muster::engine
