#include "service/api/call_lane.h"

#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"

namespace muster::service {
namespace {

// Answers to calls, and one that holds a lane's only thread until it is let go.
class CallLaneTest : public ::testing::Test {
 protected:
  void Hold(CallLane* lane) {
    lane->Add({"holder", 0, [this](absl::Status) {
                 held_.Notify();
                 go_.WaitForNotification();
               }});
    held_.WaitForNotification();
  }
  void Add(CallLane* lane, const std::string& caller) {
    lane->Add({caller, 0, [this](absl::Status status) {
                 ++(status.ok() ? answered_ : absl::IsUnavailable(status) ? stopped_ : refused_);
               }});
  }
  absl::Notification held_;
  absl::Notification go_;
  std::atomic<int> answered_{0};
  std::atomic<int> stopped_{0};
  std::atomic<int> refused_{0};
};

TEST_F(CallLaneTest, AnswersEach) {
  CallLane lane(2, 1 << 20);
  for (int i = 0; i < 10; ++i) Add(&lane, "a");
  lane.Drain();
  EXPECT_EQ(answered_, 10);
}

TEST_F(CallLaneTest, RefusesWhatHasNoRoomAtOnce) {
  CallLane lane(1, 4 * CallQueue::kLeastBytes);
  Hold(&lane);
  for (int i = 0; i < 10; ++i) Add(&lane, "a");
  EXPECT_EQ(refused_, 6);
  go_.Notify();
  lane.Drain();
  EXPECT_EQ(answered_, 4);
}

TEST_F(CallLaneTest, OnceStoppedItComputesNothingMore) {
  CallLane lane(1, 1 << 20);
  Hold(&lane);
  Add(&lane, "a");
  lane.Stop();
  Add(&lane, "a");
  go_.Notify();
  lane.Drain();
  EXPECT_EQ(answered_, 0);
  EXPECT_EQ(stopped_, 2);
}

TEST_F(CallLaneTest, AnswersAtItsEndWhatStillWaits) {
  {
    CallLane lane(1, 1 << 20);
    Hold(&lane);
    Add(&lane, "a");
    lane.Stop();
    go_.Notify();
  }
  EXPECT_EQ(stopped_, 1);
}

}  // namespace
}  // namespace muster::service
