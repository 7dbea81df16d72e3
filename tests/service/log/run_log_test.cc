#include "service/log/run_log.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <random>
#include <thread>

#include "muster/v1/run_service.pb.h"
#include "service/events/event_block.h"

namespace muster::service {
namespace {

constexpr size_t kBatch = 4096;

EventBlock Block(int events, size_t size = 1) {
  EventBlock block;
  for (int i = 0; i < events; ++i) {
    block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(size, 'x'), false, false);
  }
  return block;
}

RunLog::Wakeups Publish(RunLog* log, EventBlock block, bool last = false) {
  const size_t count = block.count();
  const uint64_t first = log->Number(count);
  block.Stamp(first, absl::UnixEpoch());
  std::vector<RunLog::Block> blocks;
  blocks.push_back({first + count - 1, SliceOf(block.Take())});
  return log->Publish(std::move(blocks), last);
}

void Append(RunLog* log, EventBlock block, bool last = false) {
  (void)Publish(log, std::move(block), last);
}

std::vector<uint64_t> SequencesOf(const RunLog::Batch& batch) {
  std::string bytes;
  for (const grpc::Slice& slice : batch.slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  v1::WatchRunResponse message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  std::vector<uint64_t> sequences;
  for (const v1::Event& event : message.events()) sequences.push_back(event.sequence());
  return sequences;
}

class CountingReader final : public LogReader {
 public:
  void OnLogGrown() override {
    MutexLock lock(&mutex_);
    ++calls_;
    called_.notify_all();
  }
  int calls() {
    MutexLock lock(&mutex_);
    return calls_;
  }
  // Waits for the next call.
  void Wait() {
    MutexLock lock(&mutex_);
    while (calls_ == seen_) lock.Wait(&called_);
    ++seen_;
  }

 private:
  Mutex mutex_;
  std::condition_variable called_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int seen_ ABSL_GUARDED_BY(mutex_) = 0;
};

TEST(RunLogTest, NumbersEventsWithoutGaps) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  for (int i = 1; i <= 5; ++i) Append(&log, Block(i));
  EXPECT_EQ(log.last_sequence(), 15u);
  const auto batch = log.Read(0, kBatch, reader);
  ASSERT_TRUE(batch.has_value());
  const std::vector<uint64_t> sequences = SequencesOf(*batch);
  ASSERT_EQ(sequences.size(), 15u);
  for (size_t i = 0; i < sequences.size(); ++i) EXPECT_EQ(sequences[i], i + 1);
  EXPECT_EQ(batch->last_sequence, 15u);
  EXPECT_FALSE(batch->at_end);
}

TEST(RunLogTest, ReadsFromAnySequenceInBatchesOfSomeSize) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  for (int i = 0; i < 20; ++i) Append(&log, Block(3, 500));
  for (uint64_t after = 0; after < 60; ++after) {
    uint64_t next = after;
    while (next < 60) {
      const auto batch = log.Read(next, kBatch, reader);
      ASSERT_TRUE(batch.has_value());
      for (const uint64_t sequence : SequencesOf(*batch)) ASSERT_EQ(sequence, ++next);
      EXPECT_EQ(batch->last_sequence, next);
      EXPECT_EQ(batch->more, next < 60);
    }
  }
  EXPECT_EQ(reader->calls(), 0);
}

TEST(RunLogTest, ReadersShareTheBytes) {
  RunLog log("r");
  Append(&log, Block(1, 10'000));
  const auto reader = std::make_shared<CountingReader>();
  const auto first = log.Read(0, kBatch, reader);
  const auto second = log.Read(0, kBatch, reader);
  EXPECT_EQ(first->slices[0].begin(), second->slices[0].begin());
}

TEST(RunLogTest, TellsAWaitingReaderOnce) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_FALSE(log.Read(0, kBatch, reader).has_value());
  Append(&log, Block(1));
  Append(&log, Block(1));
  EXPECT_EQ(reader->calls(), 1);
}

TEST(RunLogTest, NobodyIsToldWithinPublish) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  (void)log.Read(0, kBatch, reader);
  {
    const RunLog::Wakeups wakeups = Publish(&log, Block(1));
    EXPECT_EQ(reader->calls(), 0);
  }
  EXPECT_EQ(reader->calls(), 1);
}

TEST(RunLogTest, NotifyAfterWaitsForMuchOrTheEnd) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_TRUE(log.NotifyAfter(10'000, reader));
  Append(&log, Block(1, 4000));
  Append(&log, Block(1, 4000));
  EXPECT_EQ(reader->calls(), 0);
  Append(&log, Block(1, 4000));
  EXPECT_EQ(reader->calls(), 1);
  EXPECT_TRUE(log.NotifyAfter(10'000, reader));
  Append(&log, Block(1), true);
  EXPECT_EQ(reader->calls(), 2);
  EXPECT_FALSE(log.NotifyAfter(10'000, reader));
}

TEST(RunLogTest, EndsWithItsLastBlock) {
  RunLog log("r");
  const auto reader = std::make_shared<CountingReader>();
  Append(&log, Block(2));
  EXPECT_FALSE(log.Read(0, kBatch, reader)->at_end);
  Append(&log, Block(1), true);
  EXPECT_TRUE(log.Read(2, kBatch, reader)->at_end);
  const auto nothing = log.Read(3, kBatch, reader);
  EXPECT_TRUE(nothing->at_end);
  EXPECT_TRUE(nothing->slices.empty());
}

TEST(RunLogTest, WhoIsBehindTheTailIsSentToTheStore) {
  TailMemory memory(1 << 20);
  RunLog log("r", &memory, 1000 + 2 * RunLog::kBlockOverhead);
  for (int i = 0; i < 10; ++i) Append(&log, Block(2, 200));
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_TRUE(log.Read(0, kBatch, reader)->behind);
  EXPECT_TRUE(log.Read(15, kBatch, reader)->behind);
  const auto tail = log.Read(17, kBatch, reader);  // within a block
  EXPECT_FALSE(tail->behind);
  EXPECT_EQ(SequencesOf(*tail), (std::vector<uint64_t>{18, 19, 20}));
  EXPECT_EQ(memory.bytes(), log.tail_bytes());
}

TEST(RunLogTest, GoesOnAfterWhatTheStoreHas) {
  TailMemory memory(1 << 20);
  RunLog log("r", &memory, 1000, 7);
  Append(&log, Block(2));
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_TRUE(log.Read(6, kBatch, reader)->behind);
  EXPECT_EQ(SequencesOf(*log.Read(7, kBatch, reader)), (std::vector<uint64_t>{8, 9}));
}

TEST(RunLogTest, WhoHasMostGivesUpItsOldest) {
  TailMemory memory(20'000);
  RunLog big("big", &memory);
  RunLog small("small", &memory);
  Append(&small, Block(1, 2000));
  for (int i = 0; i < 30; ++i) Append(&big, Block(1, 1000));
  memory.Trim();
  EXPECT_LE(memory.bytes(), 20'000u);
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_FALSE(small.Read(0, kBatch, reader)->behind);
  EXPECT_TRUE(big.Read(0, kBatch, reader)->behind);
  EXPECT_FALSE(big.Read(29, kBatch, reader)->behind);
}

// For ThreadSanitizer too.
TEST(RunLogTest, ManyReadersSeeOneOrder) {
  constexpr int kReaders = 4;
  constexpr int kBlocks = 1200;
  RunLog log("r");
  std::vector<std::vector<uint64_t>> seen(kReaders);
  std::vector<std::thread> threads;
  for (int i = 0; i < kReaders; ++i) {
    threads.emplace_back([&log, &mine = seen[i]] {
      const auto reader = std::make_shared<CountingReader>();
      uint64_t next = 0;
      for (;;) {
        const auto batch = log.Read(next, kBatch, reader);
        if (!batch) {
          reader->Wait();
          continue;
        }
        for (const uint64_t sequence : SequencesOf(*batch)) mine.push_back(sequence);
        next = batch->last_sequence;
        if (batch->at_end) return;
      }
    });
  }
  std::mt19937 random(1);
  for (int j = 0; j < kBlocks; ++j) Append(&log, Block(1 + random() % 3, random() % 200 + 1));
  Append(&log, Block(1), true);
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<uint64_t>& sequences : seen) {
    ASSERT_EQ(sequences.size(), log.last_sequence());
    for (size_t i = 0; i < sequences.size(); ++i) ASSERT_EQ(sequences[i], i + 1);
  }
}

}  // namespace
}  // namespace muster::service
