#include "service/events/event_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "service/events/event_block.h"

namespace muster::service {
namespace {

std::string Block() {
  EventBlock block;
  v1::Event event;
  event.mutable_host_state()->set_host_index(300);
  event.mutable_host_state()->set_state(v1::HOST_STATE_RUNNING);
  block.Add(event);
  block.AddOutput(70'000, v1::OUTPUT_STREAM_STDERR, std::string("a\0\xff\n", 4), true, true);
  block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(100'000, 'x'), false, false);
  block.Stamp(7, absl::FromUnixSeconds(1'700'000'000));
  return block.Take();
}

TEST(EventScanTest, TellsOutputAndAllElse) {
  const std::string bytes = Block();
  std::string joined;
  std::vector<std::string> seen;
  ASSERT_TRUE(ScanEvents(bytes, [&](const ScannedEvent& event) {
                joined.append(event.encoded.data(), event.encoded.size());
                if (!event.is_output) {
                  EXPECT_EQ(event.event.sequence(), 7u);
                  EXPECT_EQ(event.event.host_state().host_index(), 300u);
                  return seen.push_back("state");
                }
                seen.push_back(std::to_string(event.host_index) + " " +
                               v1::OutputStream_Name(event.stream) + " " +
                               std::string(event.data.substr(0, 4)));
              }).ok());
  const std::vector<std::string> expected = {
      "state", std::string("70000 OUTPUT_STREAM_STDERR a\0\xff\n", 31),
      "0 OUTPUT_STREAM_STDOUT xxxx"};
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(joined, bytes);
}

TEST(EventScanTest, FieldsMayComeInAnyOrder) {
  v1::Event event;
  event.mutable_output()->set_host_index(5);
  event.mutable_output()->set_data("data");
  std::string inner = event.SerializeAsString();
  v1::Event stamp;
  stamp.set_sequence(9);
  inner += stamp.SerializeAsString();
  const std::string bytes = std::string("\x0a", 1) + static_cast<char>(inner.size()) + inner;
  int events = 0;
  ASSERT_TRUE(ScanEvents(bytes, [&](const ScannedEvent& scanned) {
                ++events;
                EXPECT_TRUE(scanned.is_output);
                EXPECT_EQ(scanned.host_index, 5u);
                EXPECT_EQ(scanned.data, "data");
              }).ok());
  EXPECT_EQ(events, 1);
}

TEST(EventScanTest, WhatIsCutOffIsDataLoss) {
  const std::string bytes = Block();
  for (size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 997) {
    size_t scanned = 0;
    const absl::Status status =
        ScanEvents(absl::string_view(bytes).substr(0, size),
                   [&](const ScannedEvent& e) { scanned += e.encoded.size(); });
    EXPECT_EQ(status.ok(), scanned == size) << size;
  }
  EXPECT_FALSE(ScanEvents("\x12\x01x", [](const ScannedEvent&) {}).ok());
  EXPECT_FALSE(ScanEvents(std::string(100, '\xff'), [](const ScannedEvent&) {}).ok());
  EXPECT_TRUE(ScanEvents("", [](const ScannedEvent&) {}).ok());
}

}  // namespace
}  // namespace muster::service
