#include "service/store/segments/frame.h"

#include <gtest/gtest.h>

#include "muster/v1/run_service.pb.h"
#include "service/store/segments/crc32c.h"

namespace muster::service {
namespace {

TEST(Crc32cTest, KnownValues) {  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(0, std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(0, std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(0, "123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(Crc32c(0, "1234"), "56789"), 0xe3069283u);
}

TEST(Crc32cTest, TheTableSaysWhatTheInstructionSays) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(Crc32c(7, bytes), Crc32cByTable(7, bytes)) << i;
    bytes.push_back(static_cast<char>(i * 37));
  }
}

TEST(FrameTest, KeepsWhatItIsGiven) {
  for (const std::string& payload :
       {std::string("x"), std::string(5000, 'x'), std::string("short and plain")}) {
    std::string bytes = "before";
    AppendFrame(7, 3, payload, 99, &bytes);
    const std::string frame = bytes.substr(6);
    const auto header = DecodeFrameHeader(frame, 99);
    ASSERT_TRUE(header.has_value());
    EXPECT_EQ(header->last_sequence(), 9u);
    EXPECT_EQ(header->frame_size(), frame.size());
    EXPECT_EQ(header->codec, payload.size() > 1000 ? Codec::kLz4 : Codec::kNone);
    const auto stored = absl::string_view(frame).substr(kFrameHeaderSize);
    EXPECT_TRUE(PayloadIsWhole(*header, stored, 99));
    std::string decoded;
    EXPECT_TRUE(DecodePayload(*header, stored, &decoded));
    EXPECT_EQ(decoded, payload);
    EXPECT_FALSE(DecodeFrameHeader(frame, 98).has_value());
  }
}

// Frames of version 1 have states with the numbers of their time.
TEST(FrameTest, OlderFramesAreReadAsTheyWereMeant) {
  v1::WatchRunResponse events;
  v1::Event* event = events.add_events();
  event->set_sequence(3);
  event->mutable_host_finished()->mutable_outcome()->set_state(static_cast<v1::HostState>(9));
  std::string frame;
  AppendFrame(3, 1, events.SerializeAsString(), 4, &frame);
  FrameHeader header = *DecodeFrameHeader(frame, 4);
  const absl::string_view stored = absl::string_view(frame).substr(kFrameHeaderSize);
  std::string decoded;
  header.version = 1;
  ASSERT_TRUE(DecodePayload(header, stored, &decoded));
  ASSERT_TRUE(events.ParseFromString(decoded));
  EXPECT_EQ(events.events(0).host_finished().outcome().state(), v1::HOST_STATE_UNREACHABLE);
  EXPECT_FALSE(DecodePayload(header, std::string(stored.size(), '\xff'), &decoded));
}

// A file of this version must be readable for ever.
TEST(FrameTest, TheFormatStays) {
  std::string bytes = EncodeSegmentHeader({1, 2, 3, 4});
  AppendFrame(3, 1, "abc", 4, &bytes);
  EXPECT_EQ(bytes.substr(0, 28),
            std::string("MUSTRLOG\x01\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0", 28));
  EXPECT_EQ(bytes.substr(32, 28),
            std::string("\xf5MF\x02\x03\0\0\0\x03\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0", 28));
  EXPECT_EQ(bytes.substr(68), "abc");
}

}  // namespace
}  // namespace muster::service
