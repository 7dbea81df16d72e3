#include "service/line_filter.h"

#include <gtest/gtest.h>

#include "service/event_block.h"

namespace muster::service {
namespace {

// 1: the run's; 2, 3: output of hosts 0 and 1; 4, 5: they end, SUCCEEDED and EXITED_NONZERO.
std::string Log() {
  EventBlock block;
  v1::Event run;
  run.mutable_run_state()->set_state(v1::RUN_STATE_RUNNING);
  block.Add(run);
  block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(300, 'x'), false, false);
  block.AddOutput(1, v1::OUTPUT_STREAM_STDOUT, "y\n", false, false);
  for (uint32_t host = 0; host < 2; ++host) {
    v1::Event end;
    end.mutable_host_finished()->set_host_index(host);
    end.mutable_host_finished()->mutable_outcome()->set_state(
        host == 0 ? v1::HOST_STATE_SUCCEEDED : v1::HOST_STATE_EXITED_NONZERO);
    block.Add(end);
  }
  block.Stamp(1, absl::UnixEpoch());
  return block.Take();
}

std::vector<uint64_t> Filter(const v1::WatchRunRequest& request) {
  EXPECT_TRUE(LineFilter::Needed(request));
  v1::WatchRunResponse response;
  EXPECT_TRUE(response.ParseFromString(LineFilter(request).Feed(Log(), 5, false)));
  EXPECT_EQ(response.last_sequence(), 5u);
  std::vector<uint64_t> sequences;
  for (const v1::Event& event : response.events()) sequences.push_back(event.sequence());
  return sequences;
}

TEST(LineFilterTest, Hosts) {
  v1::WatchRunRequest request;
  request.add_host_indexes(1);
  EXPECT_EQ(Filter(request), (std::vector<uint64_t>{1, 3, 5}));
}

TEST(LineFilterTest, States) {
  v1::WatchRunRequest request;
  request.add_states(v1::HOST_STATE_SUCCEEDED);
  EXPECT_EQ(Filter(request), (std::vector<uint64_t>{1, 2, 3, 4}));
}

TEST(LineFilterTest, TellsThePositionAlsoWhenAllIsLeftOut) {
  v1::WatchRunRequest request;
  request.add_host_indexes(7);
  EXPECT_EQ(Filter(request), (std::vector<uint64_t>{1}));
  EXPECT_FALSE(LineFilter::Needed(v1::WatchRunRequest()));
}

}  // namespace
}  // namespace muster::service
