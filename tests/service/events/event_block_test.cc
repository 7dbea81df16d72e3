#include "service/events/event_block.h"

#include <gtest/gtest.h>

#include "muster/v1/run_service.pb.h"

namespace muster::service {
namespace {

v1::WatchRunResponse Decode(const std::string& bytes) {
  v1::WatchRunResponse message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  return message;
}

TEST(EventBlockTest, IsWatchRunResponsesEvents) {
  EventBlock block;
  v1::Event event;
  event.mutable_run_state()->set_state(v1::RUN_STATE_RUNNING);
  block.Add(event);
  const std::string data("a\0\xff\n", 4);
  block.AddOutput(300, v1::OUTPUT_STREAM_STDERR, data, true, false);
  block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(100'000, 'x'), false, true);
  block.Stamp(uint64_t{1} << 40, absl::FromUnixNanos(1'700'000'000'123'456'789));
  EXPECT_EQ(block.count(), 3u);
  const v1::WatchRunResponse message = Decode(block.Take());
  ASSERT_EQ(message.events_size(), 3);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(message.events(i).sequence(), (uint64_t{1} << 40) + i);
    EXPECT_EQ(message.events(i).time().seconds(), 1'700'000'000);
    EXPECT_EQ(message.events(i).time().nanos(), 123'456'789);
  }
  EXPECT_EQ(message.events(0).run_state().state(), v1::RUN_STATE_RUNNING);
  const v1::HostOutput& output = message.events(1).output();
  EXPECT_EQ(output.host_index(), 300u);
  EXPECT_EQ(output.stream(), v1::OUTPUT_STREAM_STDERR);
  EXPECT_EQ(output.data(), data);
  EXPECT_TRUE(output.unterminated());
  EXPECT_FALSE(output.split());
  EXPECT_EQ(message.events(2).output().data().size(), 100'000u);
  EXPECT_TRUE(message.events(2).output().split());
  EXPECT_TRUE(block.empty());
}

TEST(EventBlockTest, IgnoresTheSequenceAndTimeOfWhatIsAdded) {
  EventBlock block;
  v1::Event event;
  event.set_sequence(99);
  event.mutable_time()->set_seconds(99);
  event.mutable_host_state()->set_host_index(7);
  block.Add(event);
  block.Stamp(1, absl::FromUnixSeconds(5));
  const v1::WatchRunResponse message = Decode(block.Take());
  EXPECT_EQ(message.events(0).sequence(), 1u);
  EXPECT_EQ(message.events(0).time().seconds(), 5);
  EXPECT_EQ(message.events(0).host_state().host_index(), 7u);
}

TEST(EventBlockTest, ACopyHasAllEventsAndLeavesNone) {
  for (const size_t size : {10, 100'000}) {
    const std::string data(size, 'x');
    EventBlock block;
    block.AddOutput(1, v1::OUTPUT_STREAM_STDOUT, data, false, false);
    block.AddOutput(2, v1::OUTPUT_STREAM_STDOUT, "two\n", false, false);
    EventBlock copy = block.TakeCopy();
    EXPECT_TRUE(block.empty());
    EXPECT_EQ(block.size(), 0u);
    block.AddOutput(3, v1::OUTPUT_STREAM_STDOUT, "three\n", false, false);
    copy.Stamp(7, absl::UnixEpoch());
    const v1::WatchRunResponse message = Decode(copy.Take());
    ASSERT_EQ(message.events_size(), 2);
    EXPECT_EQ(message.events(0).output().data(), data);
    EXPECT_EQ(message.events(1).sequence(), 8u);
    EXPECT_EQ(block.count(), 1u);
  }
}

TEST(EventBlockTest, SkipsEvents) {
  EventBlock block;
  for (int i = 0; i < 10; ++i) {
    block.AddOutput(i, v1::OUTPUT_STREAM_STDOUT, std::string(50 * i + 1, 'x'), false, false);
  }
  block.Stamp(1, absl::UnixEpoch());
  const std::string bytes = block.Take();
  for (size_t skip = 0; skip <= 10; ++skip) {
    const v1::WatchRunResponse rest = Decode(bytes.substr(SkipEvents(bytes, skip)));
    EXPECT_EQ(rest.events_size(), 10 - static_cast<int>(skip));
    if (skip < 10) {
      EXPECT_EQ(rest.events(0).sequence(), skip + 1);
    }
  }
}

}  // namespace
}  // namespace muster::service
