#include "service/store/segments/segmented_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "tests/service/store/segments/fault_files.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Load(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Save(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// From where to where the frame reaches that begins with an event.
std::pair<size_t, size_t> FrameOf(absl::string_view bytes, uint64_t sequence) {
  const uint32_t salt = DecodeSegmentHeader(bytes)->salt;
  for (size_t at = kSegmentHeaderSize;;) {
    const auto header = *DecodeFrameHeader(bytes.substr(at), salt);
    if (header.first_sequence == sequence) return {at, at + header.frame_size()};
    at += header.frame_size();
  }
}

class SegmentedLogTest : public ::testing::Test {
 protected:
  // A log as a daemon finds it that has just started.
  std::shared_ptr<SegmentedLog> Open(absl::optional<uint64_t> ended_at = absl::nullopt) {
    open_files_ = std::make_unique<OpenFiles>(&files_, 4);
    std::vector<uint32_t> numbers;
    for (uint32_t number = 1; std::filesystem::exists(Path(number)); ++number) {
      numbers.push_back(number);
    }
    auto log = SegmentedLog::Open({open_files_.get(), folder_.path(), "a", segment_bytes_}, numbers,
                                  ended_at);
    EXPECT_TRUE(log.ok()) << log.status();
    return *log;
  }
  std::string Path(uint32_t number) const {
    return folder_.path() + "/" + SegmentName("a", number);
  }
  absl::Status Append(SegmentedLog* log, uint64_t first, uint32_t count, size_t size = 20) {
    const SampleBlock sample(first, count, size);
    bool made = false;
    return log->Append({sample.block()}, &made);
  }
  // Ten frames of two events.
  void MakeLog() {
    const auto log = Open();
    for (uint64_t first = 1; first <= 19; first += 2) ASSERT_TRUE(Append(log.get(), first, 2).ok());
  }

  const TestFolder folder_;
  FaultFiles files_;
  uint64_t segment_bytes_ = 64 << 20;
  std::unique_ptr<OpenFiles> open_files_;
};

TEST_F(SegmentedLogTest, ATornEndIsCutOffAtEveryByte) {
  MakeLog();
  const std::string whole = Load(Path(1));
  uint64_t last = 0;
  for (size_t size = 0; size <= whole.size(); ++size) {
    for (const size_t zeros : {0, 100}) {
      Save(Path(1), whole.substr(0, size) + std::string(zeros, '\0'));
      const auto log = Open();
      EXPECT_EQ(log->damage(), "");
      EXPECT_GE(log->last_sequence(), last);
      last = log->last_sequence();
      ASSERT_TRUE(Append(log.get(), last + 1, 1).ok());
      const auto part = log->Read(0, 1 << 20);
      ASSERT_TRUE(part.ok()) << size << ": " << part.status();
      EXPECT_EQ(Sequences(part->bytes).size(), last + 1);
    }
  }
  EXPECT_EQ(last, 20u);
}

// Whatever bits are flipped: events are right, or it is said that they are lost.
TEST_F(SegmentedLogTest, DamageIsNeverPassedOver) {
  MakeLog();
  const std::string whole = Load(Path(1));
  const std::string events = Open(20)->Read(0, 1 << 20)->bytes;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    const size_t at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ 1 << random() % 8);
    Save(Path(1), bytes);
    const auto log = Open(20);
    std::string read;
    LogPart part;
    absl::Status status;
    while (part.last_sequence < 20) {
      const auto next = log->Read(part.last_sequence, 1);
      if (!(status = next.status()).ok()) break;
      part = *next;
      read += part.bytes;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << seed;
    EXPECT_THAT(std::string(status.message()), HasSubstr("a-000001.log")) << seed;
    EXPECT_EQ(read, events.substr(0, read.size())) << seed;
  }
}

TEST_F(SegmentedLogTest, DamageInTheMiddleIsReportedAndTheLogGoesOn) {
  MakeLog();
  const std::string whole = Load(Path(1));
  const auto [begin, end] = FrameOf(whole, 9);
  for (size_t at = begin; at < end; ++at) {
    std::filesystem::remove(Path(2));
    std::string bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    Save(Path(1), bytes);
    const auto log = Open();
    EXPECT_THAT(log->damage(), HasSubstr("a-000001.log is damaged at byte"));
    EXPECT_EQ(log->last_sequence(), 20u);
    ASSERT_TRUE(Append(log.get(), 21, 1).ok());
    EXPECT_EQ(Load(Path(1)), bytes);  // for who wants to look into it
    EXPECT_THAT(Sequences(log->Read(6, 1 << 20)->bytes), ElementsAre(7, 8));
    EXPECT_EQ(log->Read(8, 100).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(log->Read(9, 100).status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(Sequences(log->Read(17, 1 << 20)->bytes), ElementsAre(18, 19, 20));
    EXPECT_THAT(Sequences(log->Read(20, 100)->bytes), ElementsAre(21));
  }
}

TEST_F(SegmentedLogTest, AnEndedLogThatIsTooShortIsDamaged) {
  MakeLog();
  const std::string whole = Load(Path(1));
  Save(Path(1), whole.substr(0, whole.size() - 1));
  const auto log = Open(20);
  EXPECT_EQ(log->Read(0, 1 << 20)->last_sequence, 18u);
  EXPECT_EQ(log->Read(18, 100).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SegmentedLogTest, AMissingSegmentIsDamage) {
  segment_bytes_ = 500;
  MakeLog();
  ASSERT_TRUE(std::filesystem::exists(Path(3)));
  std::filesystem::remove(Path(1));
  open_files_ = std::make_unique<OpenFiles>(&files_, 4);
  const auto log =
      SegmentedLog::Open({open_files_.get(), folder_.path(), "a", 500}, {2, 3}, uint64_t{20});
  EXPECT_EQ((*log)->Read(0, 100).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(SegmentedLogTest, AWriteThatDoesNotFitChangesNothing) {
  const auto log = Open();
  ASSERT_TRUE(Append(log.get(), 1, 2).ok());
  const uint64_t size = std::filesystem::file_size(Path(1));
  for (uint64_t room = 0; room < 100; room += 7) {
    files_.room = room;
    EXPECT_EQ(Append(log.get(), 3, 2, 200).code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(std::filesystem::file_size(Path(1)), size);
  }
  files_.room = UINT64_MAX;
  ASSERT_TRUE(Append(log.get(), 3, 2).ok());
  EXPECT_EQ(Open()->last_sequence(), 4u);
}

TEST_F(SegmentedLogTest, WhatAFailedWriteLeftIsCutOffLater) {
  const auto log = Open();
  ASSERT_TRUE(Append(log.get(), 1, 2).ok());
  files_.room = 300;
  files_.failing_truncates = 1;
  EXPECT_FALSE(Append(log.get(), 3, 2, 500).ok());
  files_.room = UINT64_MAX;
  ASSERT_TRUE(Append(log.get(), 3, 1).ok());
  EXPECT_THAT(Sequences(Open()->Read(0, 1 << 20)->bytes), ElementsAre(1, 2, 3));
}

TEST_F(SegmentedLogTest, ANewSegmentThatDoesNotFitIsMadeLater) {
  const auto log = Open();
  files_.room = 10;
  EXPECT_EQ(Append(log.get(), 1, 1).code(), absl::StatusCode::kResourceExhausted);
  files_.room = UINT64_MAX;
  ASSERT_TRUE(Append(log.get(), 1, 1).ok());
  EXPECT_EQ(Open()->last_sequence(), 1u);
}

TEST_F(SegmentedLogTest, ASyncThatFailedWritesAgain) {
  const auto log = Open();
  ASSERT_TRUE(Append(log.get(), 1, 2).ok());
  files_.failing_syncs = 1;
  EXPECT_EQ(log->Sync().code(), absl::StatusCode::kUnavailable);
  files_.room = 0;  // so that it shows
  EXPECT_EQ(log->Sync().code(), absl::StatusCode::kResourceExhausted);
  files_.room = UINT64_MAX;
  EXPECT_TRUE(log->Sync().ok());
  EXPECT_EQ(Open()->last_sequence(), 2u);
}

TEST_F(SegmentedLogTest, OutputThatLooksLikeARecordIsNone) {
  const auto log = Open();
  ASSERT_TRUE(Append(log.get(), 1, 1).ok());
  std::string forged;
  AppendFrame(3, 1, "forged", /*salt=*/12345, &forged);
  EventBlock events;
  events.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, forged, false, false);
  events.Stamp(2, absl::UnixEpoch());
  const std::string block = events.Take();
  bool made = false;
  ASSERT_TRUE(log->Append({{2, 1, block}}, &made).ok());
  std::string bytes = Load(Path(1));
  bytes.pop_back();
  Save(Path(1), bytes);
  const auto again = Open();
  EXPECT_EQ(again->damage(), "");
  EXPECT_EQ(again->last_sequence(), 1u);
}

TEST_F(SegmentedLogTest, ReadsBesideAWriter) {
  segment_bytes_ = 20000;
  const auto log = Open();
  std::thread writer([&] {
    for (uint64_t first = 1; first < 2000; first += 2) {
      EXPECT_TRUE(Append(log.get(), first, 2).ok());
      if (first % 100 == 1) {
        EXPECT_TRUE(log->Sync().ok());
      }
    }
  });
  uint64_t after = 0;
  while (after < 2000) {
    const auto part = log->Read(after, 5000);
    ASSERT_TRUE(part.ok()) << part.status();
    if (!part->bytes.empty()) {
      EXPECT_EQ(Sequences(part->bytes).front(), after + 1);
    }
    after = part->last_sequence;
  }
  writer.join();
}

}  // namespace
}  // namespace muster::service
