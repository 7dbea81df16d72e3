#include "tests/sim/packet_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace muster::sim {
namespace {

using Result = PacketReader::Result;

CipherKeys TestKeys(const CipherSuite& suite) {
  return {std::string(suite.key_bytes, 'k'), std::string(suite.iv_bytes, '\xff'),
          std::string(kMacKeyBytes, 'm')};
}

std::string Packets(PacketWriter* writer, const std::vector<std::string>& messages) {
  std::string bytes;
  for (const std::string& message : messages) {
    writer->Begin(&bytes);
    bytes += message;
    writer->End();
  }
  return bytes;
}

// Gives the reader one byte more at a time, as a slow network would.
std::vector<std::string> ReadBytewise(PacketReader* reader, std::string bytes) {
  std::vector<std::string> messages;
  size_t start = 0;
  for (size_t end = 0; end <= bytes.size(); ++end) {
    absl::string_view message;
    size_t used = 0;
    if (reader->Next(&bytes[start], end - start, &message, &used) != Result::kMessage) continue;
    messages.emplace_back(message);
    start += used;
  }
  EXPECT_EQ(start, bytes.size());
  return messages;
}

const std::vector<std::string> kMessages = {"a", std::string(1000, 'b'), "seven 7",
                                            std::string(40'000, 'c')};

class CodecTest : public testing::TestWithParam<std::tuple<int, int>> {
 protected:
  CodecTest() {
    const CipherSuite& suite = kCipherSuites[std::get<0>(GetParam())];
    const MacAlgorithm& mac = kMacAlgorithms[std::get<1>(GetParam())];
    writer_.SetCipher(NewCipher(suite, mac, TestKeys(suite), Direction::kSeal));
    reader_.SetCipher(NewCipher(suite, mac, TestKeys(suite), Direction::kOpen));
  }

  PacketWriter writer_;
  PacketReader reader_;
};

INSTANTIATE_TEST_SUITE_P(Suites, CodecTest,
                         testing::Combine(testing::Values(0, 1, 2), testing::Values(0, 1)));

TEST_P(CodecTest, MessagesComeOutAsTheyWentIn) {
  EXPECT_EQ(ReadBytewise(&reader_, Packets(&writer_, kMessages)), kMessages);
}

TEST_P(CodecTest, AChangedByteIsFound) {
  std::string bytes = Packets(&writer_, {"hello"});
  bytes.back() ^= 1;
  absl::string_view message;
  size_t used = 0;
  EXPECT_EQ(reader_.Next(&bytes[0], bytes.size(), &message, &used), Result::kBad);
}

TEST(PacketCodecTest, PlainPacketsAreAsTheStandardHasThem) {
  PacketWriter writer;
  EXPECT_EQ(Packets(&writer, {"\x15"}), std::string("\0\0\0\x0c\x0a\x15\0\0\0\0\0\0\0\0\0\0", 16));
}

TEST(PacketCodecTest, LengthsThatCannotBeAreRefused) {
  const std::vector<std::string> headers = {
      std::string("\0\0\0\4", 4),          // no message
      std::string("\0\0\0\x0d", 4),        // not padded
      std::string("\x7f\xff\xff\xfc", 4),  // two gigabytes
  };
  for (std::string header : headers) {
    PacketReader reader;
    absl::string_view message;
    size_t used = 0;
    EXPECT_EQ(reader.Next(&header[0], header.size(), &message, &used), Result::kBad);
  }
}

TEST(PacketCodecTest, PaddingLongerThanThePacketIsRefused) {
  std::string bytes("\0\0\0\x0c\x0c\x15\0\0\0\0\0\0\0\0\0\0", 16);
  PacketReader reader;
  absl::string_view message;
  size_t used = 0;
  EXPECT_EQ(reader.Next(&bytes[0], bytes.size(), &message, &used), Result::kBad);
}

}  // namespace
}  // namespace muster::sim
