#include "service/watch/watch_views.h"

#include <gtest/gtest.h>

#include "service/events/event_block.h"

namespace muster::service {
namespace {

std::string TwoHostsThatEndAlike() {
  EventBlock block;
  for (const uint32_t host : {0, 1}) {
    block.AddOutput(host, v1::OUTPUT_STREAM_STDOUT, "same\n", false, false);
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    block.Add(event);
  }
  block.Stamp(1, absl::UnixEpoch());
  return block.Take();
}

class WatchViewsTest : public ::testing::Test {
 protected:
  std::unique_ptr<EventView> View(v1::WatchView view) {
    request_.set_view(view);
    return NewEventView(request_, &texts_);
  }
  v1::WatchRunRequest request_;
  TextBudget texts_{1 << 20};
};

TEST_F(WatchViewsTest, AllLinesNeedNoView) {
  EXPECT_EQ(View(v1::WATCH_VIEW_LINES), nullptr);
  request_.add_host_indexes(1);
  EXPECT_NE(View(v1::WATCH_VIEW_LINES), nullptr);
}

TEST_F(WatchViewsTest, TheFoldedOneTakesInWhileThereIsMore) {
  const auto view = View(v1::WATCH_VIEW_FOLDED);
  EXPECT_EQ(view->Feed(TwoHostsThatEndAlike(), /*more=*/true), "");
  v1::WatchRunResponse response;
  ASSERT_TRUE(response.ParseFromString(view->Feed("", /*more=*/false)));
  ASSERT_EQ(response.groups_size(), 1);
  EXPECT_EQ(view->Finish(), "");
}

TEST_F(WatchViewsTest, TheSummaryIsTheRunAlone) {
  const auto view = View(v1::WATCH_VIEW_SUMMARY);
  EXPECT_TRUE(view->wants_run());
  EXPECT_FALSE(view->wants_all_events());
  EXPECT_EQ(view->Feed(TwoHostsThatEndAlike(), false), "");
}

}  // namespace
}  // namespace muster::service
