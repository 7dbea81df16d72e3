#include "service/views/summary_view.h"

#include <gtest/gtest.h>

#include <string>

#include "service/event_block.h"

namespace muster::service {
namespace {

class SummaryViewTest : public testing::Test {
 protected:
  SummaryViewTest() : view_(MadeRun()) {}

  static v1::Run MadeRun() {
    v1::Run run;
    run.set_id("r1");
    run.set_host_count(3);
    run.set_batch_count(2);
    return run;
  }

  void Add(const v1::Event& event) {
    EventBlock block;
    block.Add(event);
    block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, "ignored\n", false, false);
    block.Stamp(last_ + 1, absl::FromUnixSeconds(1'700'000'000));
    last_ += 2;
    ASSERT_TRUE(view_.Add(block.Take(), last_).ok());
  }

  void SetHost(uint32_t host, v1::HostState state) {
    v1::Event event;
    event.mutable_host_state()->set_host_index(host);
    event.mutable_host_state()->set_state(state);
    Add(event);
  }

  void SetRun(v1::RunState state, const std::string& message) {
    v1::Event event;
    event.mutable_run_state()->set_state(state);
    event.mutable_run_state()->set_message(message);
    Add(event);
  }

  SummaryView view_;
  uint64_t last_ = 0;
  const absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_F(SummaryViewTest, TheFirstComesAtOnce) {
  const absl::optional<v1::Run> run = view_.Take(now_);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->id(), "r1");
  EXPECT_EQ(run->state(), v1::RUN_STATE_RUNNING);
  ASSERT_EQ(run->host_state_counts_size(), 1);
  EXPECT_EQ(run->host_state_counts(0).state(), v1::HOST_STATE_QUEUED);
  EXPECT_EQ(run->host_state_counts(0).hosts(), 3u);
}

TEST_F(SummaryViewTest, AtMostTwiceASecond) {
  ASSERT_TRUE(view_.Take(now_));
  EXPECT_EQ(view_.due(), absl::InfiniteFuture());
  SetHost(1, v1::HOST_STATE_RUNNING);
  EXPECT_EQ(view_.due(), now_ + absl::Milliseconds(500));
  EXPECT_FALSE(view_.Take(now_ + absl::Milliseconds(499)));
  EXPECT_TRUE(view_.Take(now_ + absl::Milliseconds(500)));
  EXPECT_FALSE(view_.Take(now_ + absl::Seconds(5)));
}

TEST_F(SummaryViewTest, TheEndComesAtOnce) {
  ASSERT_TRUE(view_.Take(now_));
  SetRun(v1::RUN_STATE_FAILED, "1 host has failed");
  const absl::optional<v1::Run> run = view_.Take(now_);
  ASSERT_TRUE(run.has_value());
  EXPECT_EQ(run->state(), v1::RUN_STATE_FAILED);
  EXPECT_EQ(run->message(), "1 host has failed");
  EXPECT_EQ(run->end_time().seconds(), 1'700'000'000);
}

TEST_F(SummaryViewTest, FollowsTheRun) {
  SetHost(0, v1::HOST_STATE_CONNECTING);
  SetHost(0, v1::HOST_STATE_RUNNING);
  SetHost(1, v1::HOST_STATE_RUNNING);
  v1::Event event;
  event.mutable_host_finished()->set_host_index(1);
  event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
  Add(event);
  event.mutable_output_omitted()->set_bytes(70);
  Add(event);
  Add(event);
  event.mutable_batch_started()->set_batch(2);
  Add(event);
  SetRun(v1::RUN_STATE_PAUSED, "why");
  const absl::optional<v1::Run> run = view_.Take(now_);
  ASSERT_TRUE(run.has_value());
  ASSERT_EQ(run->host_state_counts_size(), 3);
  EXPECT_EQ(run->host_state_counts(0).state(), v1::HOST_STATE_QUEUED);
  EXPECT_EQ(run->host_state_counts(1).state(), v1::HOST_STATE_RUNNING);
  EXPECT_EQ(run->host_state_counts(2).state(), v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(run->omitted_bytes(), 140u);
  EXPECT_EQ(run->batch(), 2u);
  EXPECT_EQ(run->message(), "why");
  EXPECT_EQ(run->last_sequence(), last_);
}

TEST_F(SummaryViewTest, AHostThatDoesNotExistIsNoHarm) {
  SetHost(1'000'000, v1::HOST_STATE_RUNNING);
  EXPECT_TRUE(view_.Take(now_));
}

}  // namespace
}  // namespace muster::service
