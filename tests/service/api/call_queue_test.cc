#include "service/api/call_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kSmall = CallQueue::kLeastBytes;

std::vector<std::string> CallersOf(const std::vector<Call>& calls) {
  std::vector<std::string> callers;
  for (const Call& call : calls) callers.push_back(call.caller);
  return callers;
}

class CallQueueTest : public ::testing::Test {
 protected:
  std::vector<std::string> Push(const std::string& caller, size_t bytes = 0) {
    return CallersOf(queue_.Push({caller, bytes, nullptr}));
  }
  std::vector<std::string> PopAll() {
    std::vector<std::string> callers;
    while (!queue_.empty()) callers.push_back(queue_.Pop().caller);
    return callers;
  }
  CallQueue queue_{5 * kSmall};
};

TEST_F(CallQueueTest, CallersTakeTurns) {
  for (const char* caller : {"a", "a", "a", "b", "c"}) EXPECT_THAT(Push(caller), IsEmpty());
  EXPECT_THAT(PopAll(), ElementsAre("a", "b", "c", "a", "a"));
}

TEST_F(CallQueueTest, WhoHasMostInItGivesWay) {
  for (int i = 0; i < 5; ++i) Push("crowd");
  EXPECT_THAT(Push("crowd"), ElementsAre("crowd"));
  EXPECT_THAT(Push("other"), ElementsAre("crowd"));
  EXPECT_THAT(Push("third"), ElementsAre("crowd"));
  EXPECT_THAT(PopAll(), ElementsAre("crowd", "other", "third", "crowd", "crowd"));
}

TEST_F(CallQueueTest, TheNewestOfACallerGoesFirst) {
  for (size_t i = 0; i < 4; ++i) Push("a", kSmall + i);
  const std::vector<Call> refused = queue_.Push({"b", 0, nullptr});  // all are a little too large
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].bytes, kSmall + 3);
  EXPECT_EQ(queue_.Pop().bytes, kSmall);
}

TEST_F(CallQueueTest, OneThatIsTooLargeIsRefusedAlone) {
  Push("a");
  EXPECT_THAT(Push("b", 6 * kSmall), ElementsAre("b"));
  EXPECT_THAT(PopAll(), ElementsAre("a"));
}

TEST_F(CallQueueTest, RoomComesBack) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) EXPECT_THAT(Push("a"), IsEmpty());
    EXPECT_EQ(PopAll().size(), 5u);
  }
}

}  // namespace
}  // namespace muster::service
