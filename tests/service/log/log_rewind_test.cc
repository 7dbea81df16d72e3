// Against a store that counts what is read of it.
#include "service/log/log_rewind.h"

#include <gtest/gtest.h>

#include <random>

#include "muster/v1/run_service.pb.h"
#include "service/events/event_block.h"
#include "service/store/memory_run_store.h"

namespace muster::service {
namespace {

constexpr char kRun[] = "r1";

// Hands out what MemoryRunStore has, and counts.
class CountingStore final : public MemoryRunStore {
 public:
  using MemoryRunStore::MemoryRunStore;
  absl::StatusOr<LogPart> Read(absl::string_view id, uint64_t after,
                               size_t max_bytes) const override {
    absl::StatusOr<LogPart> part = MemoryRunStore::Read(id, after, max_bytes);
    ++reads;
    if (part.ok()) bytes += part->bytes.size();
    return part;
  }
  mutable size_t reads = 0;
  mutable size_t bytes = 0;
};

class LogRewindTest : public ::testing::Test {
 protected:
  LogRewindTest() {
    JournalCommit commit;
    commit.added.emplace_back().run.set_id(kRun);
    EXPECT_TRUE(store_.Commit(store_.fence(), commit).ok());
  }
  // A block of outputs of these sizes.
  void Append(const std::vector<size_t>& sizes) {
    EventBlock events;
    for (const size_t size : sizes) {
      events.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(size, 'x'), false, false);
    }
    events.Stamp(last_ + 1, absl::UnixEpoch());
    const LogBlock block{last_ + 1, static_cast<uint32_t>(sizes.size()), events.bytes()};
    ASSERT_TRUE(store_.Append(store_.fence(), kRun, {block}).ok());
    last_ += sizes.size();
  }
  // The sequences of the events, backwards.
  std::vector<uint64_t> ReadAll(LogRewind* log) {
    std::vector<uint64_t> sequences;
    while (log->last() > 0) {
      const uint64_t last = log->last();
      const absl::StatusOr<std::string> part = log->Read();
      if (!part.ok()) {
        error_ = part.status();
        break;
      }
      v1::ListEventsResponse events;
      EXPECT_TRUE(events.ParseFromString(*part));
      EXPECT_EQ(static_cast<uint64_t>(events.events_size()), last - log->last());
      for (int i = events.events_size(); i-- > 0;) {
        sequences.push_back(events.events(i).sequence());
      }
    }
    return sequences;
  }
  static std::vector<uint64_t> Down(uint64_t from, uint64_t to) {
    std::vector<uint64_t> all;
    for (uint64_t i = from; i >= to; --i) all.push_back(i);
    return all;
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  CountingStore store_{disk_};
  uint64_t last_ = 0;
  absl::Status error_;
};

TEST_F(LogRewindTest, EachEventComesOnceWhateverTheirSizes) {
  std::mt19937 random(7);
  for (int block = 0; block < 400; ++block) {
    std::vector<size_t> sizes(1 + random() % 40);
    for (size_t& size : sizes) size = random() % 50 == 0 ? random() % 70'000 : random() % 200;
    Append(sizes);
  }
  for (const uint64_t from : {last_, last_ - 1, last_ / 2, uint64_t{1}, uint64_t{0}}) {
    LogRewind log(&store_, kRun, from);
    EXPECT_EQ(ReadAll(&log), Down(from, 1));
    EXPECT_TRUE(log.Read()->empty());
  }
}

TEST_F(LogRewindTest, TheNewestPartCostsLittleHoweverLongTheLogIs) {
  for (int block = 0; block < 5000; ++block) Append(std::vector<size_t>(10, 1000));
  LogRewind log(&store_, kRun, last_);
  ASSERT_TRUE(log.Read().ok());
  EXPECT_EQ(store_.reads, 1u);
  EXPECT_LT(store_.bytes, 60'000u);
  ReadAll(&log);
  const size_t all = 50'000 * 1020;
  EXPECT_LT(store_.reads, all / (LogRewind::kPartBytes / 3));
  EXPECT_LT(store_.bytes, all * 2);
}

TEST_F(LogRewindTest, EventsThatFillAPartEachAreReadOneByOne) {
  for (int block = 0; block < 100; ++block) Append({300'000});
  LogRewind log(&store_, kRun, last_);
  EXPECT_EQ(ReadAll(&log), Down(100, 1));
  EXPECT_LE(store_.reads, 2u * 100 + 32);
}

TEST_F(LogRewindTest, WhatFollowsADamageIsReadThenItIsTold) {
  for (int block = 0; block < 300; ++block) Append(std::vector<size_t>(7, 500));
  disk_->Damage(kRun, 1000);  // in the block 995 to 1001
  LogRewind log(&store_, kRun, last_);
  EXPECT_EQ(ReadAll(&log), Down(last_, 1002));
  EXPECT_TRUE(absl::IsDataLoss(error_)) << error_;
  EXPECT_EQ(log.last(), 1001u);
}

TEST_F(LogRewindTest, ALogThatEndsTooEarlyIsDamaged) {
  Append({1, 2, 3});
  LogRewind log(&store_, kRun, 10);
  EXPECT_TRUE(absl::IsDataLoss(log.Read().status()));
}

}  // namespace
}  // namespace muster::service
