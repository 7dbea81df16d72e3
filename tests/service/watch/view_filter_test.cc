#include "service/watch/view_filter.h"

#include <gtest/gtest.h>

#include <string>

#include "service/events/event_block.h"

namespace muster::service {
namespace {

// A run's state, then of hosts 1 and 2: RUNNING, output, OutputOmitted, ProbeFinished, SUCCEEDED.
std::string Block() {
  EventBlock block;
  v1::Event event;
  event.mutable_run_state()->set_state(v1::RUN_STATE_RUNNING);
  block.Add(event);
  for (uint32_t host = 1; host <= 2; ++host) {
    event.mutable_host_state()->set_host_index(host);
    event.mutable_host_state()->set_state(v1::HOST_STATE_RUNNING);
    block.Add(event);
    block.AddOutput(host, v1::OUTPUT_STREAM_STDOUT, "x\n", false, false);
    event.mutable_output_omitted()->set_host_index(host);
    block.Add(event);
    event.mutable_probe_finished()->set_host_index(host);
    block.Add(event);
    event.mutable_host_finished()->set_host_index(host);
    event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    block.Add(event);
  }
  block.Stamp(1, absl::UnixEpoch());
  return block.Take();
}

std::string Sequences(const v1::WatchRunRequest& request) {
  std::string wanted;
  EXPECT_TRUE(AppendWanted(ViewFilter(request), Block(), &wanted).ok());
  v1::WatchRunResponse response;
  EXPECT_TRUE(response.ParseFromString(wanted));
  std::string sequences;
  for (const v1::Event& event : response.events()) {
    sequences += std::to_string(event.sequence()) + " ";
  }
  return sequences;
}

TEST(ViewFilterTest, AllByDefault) {
  EXPECT_EQ(Sequences({}), "1 2 3 4 5 6 7 8 9 10 11 ");
  EXPECT_TRUE(ViewFilter(v1::WatchRunRequest()).everything());
}

TEST(ViewFilterTest, ByHost) {
  v1::WatchRunRequest request;
  request.add_host_indexes(2);
  EXPECT_EQ(Sequences(request), "1 7 8 9 10 11 ");
  EXPECT_FALSE(ViewFilter(request).everything());
}

TEST(ViewFilterTest, ByState) {
  v1::WatchRunRequest request;
  request.add_states(v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(Sequences(request), "1 3 4 5 6 8 9 10 11 ");
}

TEST(ViewFilterTest, StatesThatAreNotKnownMatchNone) {
  v1::WatchRunRequest request;
  request.add_states(static_cast<v1::HostState>(63));
  EXPECT_FALSE(ViewFilter(request).WantsState(v1::HOST_STATE_SUCCEEDED));
  EXPECT_FALSE(ViewFilter(request).WantsState(static_cast<v1::HostState>(99)));
}

}  // namespace
}  // namespace muster::service
