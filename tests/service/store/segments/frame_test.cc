#include "service/store/segments/frame.h"

#include <gtest/gtest.h>

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

// A file of version 1 must be readable for ever.
TEST(FrameTest, TheFormatStays) {
  std::string bytes = EncodeSegmentHeader({1, 2, 3, 4});
  AppendFrame(3, 1, "abc", 4, &bytes);
  EXPECT_EQ(bytes.substr(0, 28),
            std::string("MUSTRLOG\x01\0\0\0\x02\0\0\0\x03\0\0\0\0\0\0\0\x04\0\0\0", 28));
  EXPECT_EQ(bytes.substr(32, 28),
            std::string("\xf5MF\x01\x03\0\0\0\x03\0\0\0\x01\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0", 28));
  EXPECT_EQ(bytes.substr(68), "abc");
}

}  // namespace
}  // namespace muster::service
