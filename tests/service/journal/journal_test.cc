#include "service/journal/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <random>
#include <thread>

#include "muster/v1/run_service.pb.h"
#include "service/journal/journal_thread.h"
#include "service/store/memory_run_store.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

constexpr absl::Duration kNow = absl::ZeroDuration();
constexpr absl::Duration kAnyTime = absl::InfiniteDuration();

EventBlock Block(int events, size_t size = 10) {
  EventBlock block;
  for (int i = 0; i < events; ++i) {
    block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(size, 'x'), false, false);
  }
  return block;
}

NewRun RunOf(const std::string& id) {
  NewRun run;
  run.run.set_id(id);
  run.run.set_state(v1::RUN_STATE_RUNNING);
  return run;
}

EndedRun EndOf(const std::string& id) {
  EndedRun run;
  run.run.set_id(id);
  run.run.set_state(v1::RUN_STATE_SUCCEEDED);
  return run;
}

std::vector<uint64_t> SequencesIn(const std::string& bytes) {
  v1::WatchRunResponse message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  std::vector<uint64_t> sequences;
  for (const v1::Event& event : message.events()) sequences.push_back(event.sequence());
  return sequences;
}

class CountingReader final : public LogReader {
 public:
  void OnLogGrown() override { ++calls; }
  int calls = 0;
};

class JournalTest : public ::testing::Test {
 protected:
  std::shared_ptr<RunLog> NewLog(const std::string& id) {
    return std::make_shared<RunLog>(id, &tails_);
  }
  // Keeps the answer, once there is one.
  Journal::Done Keep(absl::optional<absl::Status>* answer) {
    return [answer](absl::Status status) { *answer = std::move(status); };
  }
  std::shared_ptr<RunLog> Add(const std::string& id) {
    auto log = NewLog(id);
    journal_.AddRun(RunOf(id), log, Block(1), now_, Keep(&added_));
    EXPECT_TRUE(journal_.Turn().ok());
    EXPECT_TRUE(added_->ok());
    return log;
  }
  void FailWith(const absl::Status& status) {
    disk_->SetFault([status](StoreWrite) { return status; });
  }

  const absl::Time now_ = absl::UnixEpoch();
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryRunStore store_{disk_};
  TailMemory tails_{1 << 20};
  std::vector<absl::Duration> wakes_;
  std::vector<bool> pressure_;
  int fenced_ = 0;
  Journal journal_{&store_,
                   &tails_,
                   {[this](absl::Duration patience) { wakes_.push_back(patience); },
                    [this](bool stop) { pressure_.push_back(stop); },
                    [this](const absl::Status&) { ++fenced_; }},
                   {2000, 5000, 1000}};
  absl::optional<absl::Status> added_;
};

TEST_F(JournalTest, NothingIsSeenBeforeTheStoreHasIt) {
  const auto log = Add("a");
  journal_.Append(log, Block(3), now_);
  EXPECT_EQ(log->last_sequence(), 1u);
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_EQ(log->last_sequence(), 4u);
  EXPECT_EQ(SequencesIn(store_.Read("a", 0, 1 << 20)->bytes), (std::vector<uint64_t>{1, 2, 3, 4}));
}

TEST_F(JournalTest, AReaderIsWokenOnceATurn) {
  const auto log = Add("a");
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_FALSE(log->Read(1, 1000, reader).has_value());
  for (int i = 0; i < 10; ++i) journal_.Append(log, Block(1), now_);
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_EQ(reader->calls, 1);
  EXPECT_EQ(disk_->writes(StoreWrite::kAppend), 2u);
}

TEST_F(JournalTest, WhoAsksToForgetIsToldWhetherItIsDone) {
  const auto log = Add("a");
  absl::optional<absl::Status> early;
  journal_.Forget("a", Keep(&early));
  ASSERT_TRUE(journal_.Turn().ok());
  ASSERT_TRUE(early.has_value());
  EXPECT_TRUE(absl::IsFailedPrecondition(*early));  // it has not ended
  absl::optional<absl::Status> ended;
  journal_.End(EndOf("a"), log, Block(1), now_, Keep(&ended));
  ASSERT_TRUE(journal_.Turn().ok());
  absl::optional<absl::Status> forgotten;
  journal_.Forget("a", Keep(&forgotten));
  EXPECT_EQ(wakes_.back(), kNow);
  EXPECT_FALSE(forgotten.has_value());
  ASSERT_TRUE(journal_.Turn().ok());
  ASSERT_TRUE(forgotten.has_value());
  EXPECT_TRUE(forgotten->ok());
  EXPECT_FALSE(store_.Find("a")->has_value());
}

// Not to a big one, which would move to grow.
TEST_F(JournalTest, SmallBlocksAreJoinedToEachOther) {
  const auto log = Add("a");
  const auto append_small_ones = [&] {
    for (int i = 0; i < 10; ++i) journal_.Append(log, Block(1), now_);
  };
  append_small_ones();
  journal_.Append(log, Block(1, 20'000), now_);
  append_small_ones();
  do {
    ASSERT_TRUE(journal_.Turn().ok());
  } while (journal_.stalled());
  const auto batch = log->Read(1, 1 << 20, std::make_shared<CountingReader>());
  ASSERT_TRUE(batch.has_value());
  EXPECT_EQ(batch->slices.size(), 3u);
  EXPECT_EQ(batch->last_sequence, 22u);
}

TEST_F(JournalTest, AFlushIsAnsweredOnceWhatCameBeforeIsWritten) {
  const auto log = Add("a");
  const size_t commits = disk_->writes(StoreWrite::kCommit);
  uint64_t written = 99;
  journal_.Append(log, Block(3), now_);
  journal_.Flush([&](absl::Status status) { written = status.ok() ? log->last_sequence() : 98; });
  EXPECT_EQ(written, 99u);
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_EQ(written, 4u);
  EXPECT_EQ(disk_->writes(StoreWrite::kCommit), commits);

  FailWith(absl::ResourceExhaustedError("full"));
  absl::optional<absl::Status> answer;
  journal_.Append(log, Block(1), now_);
  journal_.Flush(Keep(&answer));
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_EQ(answer->code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(JournalTest, OneCommitForAllThatStart) {
  const auto log = Add("a");
  const size_t before = disk_->writes(StoreWrite::kCommit);
  absl::optional<absl::Status> first;
  absl::optional<absl::Status> second;
  journal_.Start(log, {1, 2}, kNow, Keep(&first));
  journal_.Start(log, {3}, kNow, Keep(&second));
  EXPECT_FALSE(first.has_value());
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(first->ok() && second->ok());
  EXPECT_EQ(disk_->writes(StoreWrite::kCommit), before + 1);
  disk_->LosePower();
  EXPECT_EQ(store_.Unfinished()->at(0).started, (std::vector<uint32_t>{1, 2, 3}));
}

TEST_F(JournalTest, TheEndIsSeenWhenItIsDurableAndAnsweredBefore) {
  const auto log = Add("a");
  disk_->SetFault([](StoreWrite kind) {
    return kind == StoreWrite::kCommit ? absl::UnavailableError("disk") : absl::OkStatus();
  });
  uint64_t seen = 99;
  journal_.Append(log, Block(1), now_);
  journal_.End(EndOf("a"), log, Block(1), now_,
               [&](absl::Status status) { seen = status.ok() ? log->last_sequence() : 98; });
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_EQ(log->last_sequence(), 2u);
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_EQ(seen, 2u);
  EXPECT_EQ(log->last_sequence(), 3u);
  EXPECT_TRUE(log->Read(2, 1000, std::make_shared<CountingReader>())->at_end);
}

// Whatever mistake its run makes, others go on.
TEST_F(JournalTest, WhatComesAfterTheEndOfItsRunHoldsNobodyUp) {
  const auto log = Add("a");
  absl::optional<absl::Status> ended;
  journal_.End(EndOf("a"), log, Block(1), now_, Keep(&ended));
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(ended->ok());
  absl::optional<absl::Status> started;
  journal_.Start(log, {0}, kNow, Keep(&started));
  journal_.Append(log, Block(1), now_);
  Add("b");
  EXPECT_TRUE(absl::IsFailedPrecondition(*started)) << *started;
  EXPECT_TRUE(journal_.health().ok()) << journal_.health();
  EXPECT_EQ(SequencesIn(store_.Read("a", 0, 1 << 20)->bytes), (std::vector<uint64_t>{1, 2}));
}

// As where its file was removed.
TEST_F(JournalTest, ALogThatCannotBeWrittenHoldsUpItsRunAlone) {
  const auto bad = Add("bad");
  const auto good = Add("good");
  disk_->SetLogFault("bad", absl::NotFoundError("its file has gone"));
  absl::optional<absl::Status> bad_end;
  absl::optional<absl::Status> good_start;
  journal_.End(EndOf("bad"), bad, Block(1), now_, Keep(&bad_end));
  journal_.Append(good, Block(1), now_);
  journal_.Start(good, {0}, kNow, Keep(&good_start));
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_FALSE(bad_end.has_value());
  EXPECT_TRUE(good_start->ok());
  EXPECT_EQ(good->last_sequence(), 2u);
  EXPECT_TRUE(journal_.held());
  EXPECT_FALSE(journal_.stalled());
  // It is tried again, and nobody is refused meanwhile.
  good_start.reset();
  journal_.Start(good, {1}, kNow, Keep(&good_start));
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(good_start->ok());
  Add("new");
  disk_->SetLogFault("bad", absl::OkStatus());
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(bad_end->ok());
  EXPECT_FALSE(journal_.held());
  EXPECT_EQ(SequencesIn(store_.Read("bad", 0, 1 << 20)->bytes), (std::vector<uint64_t>{1, 2}));
}

TEST_F(JournalTest, AFullDiskKeepsAllButNewRunsForTheNextTurn) {
  const auto log = Add("a");
  absl::optional<absl::Status> started;
  FailWith(absl::ResourceExhaustedError("full"));
  journal_.Append(log, Block(2), now_);
  journal_.Start(log, {0}, kNow, Keep(&started));
  journal_.AddRun(RunOf("b"), NewLog("b"), Block(1), now_, Keep(&added_));
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(journal_.health()));
  EXPECT_TRUE(absl::IsResourceExhausted(*added_));
  EXPECT_FALSE(started.has_value());
  EXPECT_EQ(log->last_sequence(), 1u);
  journal_.Append(log, Block(1), now_);
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_TRUE(journal_.stalled());
  disk_->SetFault(nullptr);
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(started->ok());
  EXPECT_TRUE(journal_.health().ok());
  EXPECT_EQ(SequencesIn(store_.Read("a", 0, 1 << 20)->bytes), (std::vector<uint64_t>{1, 2, 3, 4}));
  EXPECT_FALSE(store_.Find("b")->has_value());
}

// All runs are stopped, and one of them turns out never to have been.
TEST_F(JournalTest, TheEndOfARunThatCouldNotBeAddedHoldsNobodyUp) {
  const auto log = Add("a");
  const auto lost = NewLog("b");
  absl::optional<absl::Status> before;
  absl::optional<absl::Status> after;
  disk_->SetFault([](StoreWrite kind) {
    return kind == StoreWrite::kCommit ? absl::ResourceExhaustedError("full") : absl::OkStatus();
  });
  journal_.AddRun(RunOf("b"), lost, Block(1), now_, Keep(&added_));
  journal_.End(EndOf("b"), lost, Block(1), now_, Keep(&before));
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(*added_));
  ASSERT_TRUE(before.has_value());
  EXPECT_TRUE(absl::IsResourceExhausted(*before));
  disk_->SetFault(nullptr);
  journal_.Append(lost, Block(1), now_);
  journal_.End(EndOf("b"), lost, Block(1, 4000), now_, Keep(&after));
  journal_.End(EndOf("a"), log, Block(1), now_, Keep(&added_));
  EXPECT_TRUE(journal_.Turn().ok());
  ASSERT_TRUE(after.has_value());
  EXPECT_TRUE(absl::IsResourceExhausted(*after));
  EXPECT_TRUE(added_->ok());
  EXPECT_FALSE(journal_.stalled());
  EXPECT_EQ(lost->last_sequence(), 1u);  // it was readable, but nobody knows it
  EXPECT_EQ(log->last_sequence(), 2u);
  EXPECT_TRUE(pressure_.empty());
}

TEST_F(JournalTest, TheEndOfARunThatExistedAlreadyHoldsNobodyUp) {
  NewRun first = RunOf("a");
  NewRun again = RunOf("b");
  first.request_id = again.request_id = "request";
  const auto kept = NewLog("a");
  journal_.AddRun(first, kept, Block(1), now_, Keep(&added_));
  ASSERT_TRUE(journal_.Turn().ok());
  const auto log = NewLog("b");
  absl::optional<absl::Status> refused;
  absl::optional<absl::Status> ended;
  absl::optional<absl::Status> started;
  journal_.AddRun(again, log, Block(1), now_, Keep(&refused));
  journal_.End(EndOf("b"), log, Block(1), now_, Keep(&ended));
  journal_.Start(kept, {0}, kNow, Keep(&started));
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(*refused));
  ASSERT_TRUE(ended.has_value() && started.has_value());
  EXPECT_TRUE(absl::IsAlreadyExists(*ended));
  EXPECT_TRUE(started->ok());
  EXPECT_FALSE(journal_.stalled());
}

// A run begins before it is added for good.
TEST_F(JournalTest, NoCommandOfARunThatCouldNotBeAddedIsStarted) {
  const auto other = Add("other");
  FailWith(absl::ResourceExhaustedError("full"));
  const auto log = NewLog("a");
  absl::optional<absl::Status> refused;
  absl::optional<absl::Status> started;
  absl::optional<absl::Status> later;
  journal_.AddRun(RunOf("a"), log, Block(1), now_, Keep(&refused));
  journal_.Start(log, {0}, kNow, Keep(&started));
  EXPECT_FALSE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(*refused));
  EXPECT_TRUE(absl::IsResourceExhausted(*started));
  disk_->SetFault(nullptr);
  absl::optional<absl::Status> others;
  journal_.Start(log, {1}, kNow, Keep(&later));
  journal_.Start(other, {0}, kNow, Keep(&others));
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(*later));
  EXPECT_TRUE(others->ok());
}

TEST_F(JournalTest, OneCommitForARunAndItsFirstStarts) {
  const auto log = NewLog("a");
  const size_t before = disk_->writes(StoreWrite::kCommit);
  absl::optional<absl::Status> started;
  journal_.AddRun(RunOf("a"), log, Block(1), now_, Keep(&added_));
  journal_.Start(log, {0}, kNow, Keep(&started));
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(added_->ok() && started->ok());
  EXPECT_EQ(disk_->writes(StoreWrite::kCommit), before + 1);
}

TEST_F(JournalTest, OfRunsAddedTogetherOnlyThoseThatExistFail) {
  const auto log = Add("a");
  absl::optional<absl::Status> again;
  absl::optional<absl::Status> other;
  absl::optional<absl::Status> started;
  journal_.AddRun(RunOf("a"), NewLog("a"), EventBlock(), now_, Keep(&again));
  journal_.AddRun(RunOf("b"), NewLog("b"), Block(1), now_, Keep(&other));
  journal_.Start(log, {0}, kNow, Keep(&started));
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(absl::IsAlreadyExists(*again));
  EXPECT_TRUE(other->ok() && started->ok());
}

TEST_F(JournalTest, ATakenOverStoreEndsAll) {
  const auto log = Add("a");
  MemoryRunStore newer(disk_);
  absl::optional<absl::Status> started;
  journal_.Append(log, Block(1), now_);
  journal_.Start(log, {0}, kNow, Keep(&started));
  EXPECT_TRUE(absl::IsAborted(journal_.Turn()));
  EXPECT_TRUE(absl::IsAborted(*started));
  journal_.Start(log, {1}, kNow, Keep(&started));
  EXPECT_TRUE(absl::IsAborted(journal_.Turn()));
  EXPECT_EQ(fenced_, 1);
  EXPECT_EQ(log->last_sequence(), 1u);
}

TEST_F(JournalTest, PressureFromTheHighMarkToTheLowOne) {
  const auto log = Add("a");
  journal_.Append(log, Block(1, 4000), now_);
  EXPECT_TRUE(pressure_.empty());
  journal_.Append(log, Block(1, 4000), now_);
  EXPECT_EQ(pressure_, (std::vector<bool>{true}));
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_EQ(pressure_, (std::vector<bool>{true, false}));
}

TEST_F(JournalTest, WakesOnceAndAgainWhenItGetsUrgent) {
  const auto log = Add("a");
  wakes_.clear();
  for (int i = 0; i < 5; ++i) journal_.Append(log, Block(1), now_);
  EXPECT_THAT(wakes_, ElementsAre(kAnyTime));
  for (int i = 0; i < 5; ++i) journal_.Append(log, Block(1, 1000), now_);
  EXPECT_THAT(wakes_, ElementsAre(kAnyTime, kNow));
  EXPECT_TRUE(journal_.Turn().ok());
  wakes_.clear();
  journal_.Start(log, {0}, kNow, [](absl::Status) {});
  journal_.Start(log, {1}, kNow, [](absl::Status) {});
  EXPECT_THAT(wakes_, ElementsAre(kNow));
}

TEST_F(JournalTest, WakesAgainForThoseWhoWaitLessLongOnly) {
  const auto log = Add("a");
  wakes_.clear();
  absl::optional<absl::Status> started;
  journal_.Start(log, {0}, absl::Milliseconds(20), Keep(&started));
  journal_.Append(log, Block(1), now_);
  journal_.Start(log, {1}, absl::Milliseconds(30), [](absl::Status) {});
  EXPECT_THAT(wakes_, ElementsAre(absl::Milliseconds(20)));
  journal_.Start(log, {2}, absl::Milliseconds(10), [](absl::Status) {});
  journal_.Start(log, {3}, kNow, [](absl::Status) {});
  EXPECT_THAT(wakes_, ElementsAre(absl::Milliseconds(20), absl::Milliseconds(10), kNow));
  ASSERT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(started->ok());
}

TEST_F(JournalTest, AFailedSyncIsNotForgotten) {
  const auto log = Add("a");
  journal_.Append(log, Block(1), now_);
  ASSERT_TRUE(journal_.Turn().ok());
  FailWith(absl::UnavailableError("broken"));
  EXPECT_FALSE(journal_.Sync().ok());
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_FALSE(journal_.health().ok());
  EXPECT_TRUE(journal_.unsynced());
  disk_->SetFault(nullptr);
  EXPECT_TRUE(journal_.Sync().ok());
  EXPECT_TRUE(journal_.health().ok());
}

TEST_F(JournalTest, SyncsOnlyWhatWasWritten) {
  const auto log = Add("a");
  journal_.Append(log, Block(1), now_);
  EXPECT_TRUE(journal_.Turn().ok());
  EXPECT_TRUE(journal_.Sync().ok());
  EXPECT_TRUE(journal_.Sync().ok());
  EXPECT_EQ(disk_->writes(StoreWrite::kSync), 1u);
}

// Each reads from the tail where it can, and from the store where it cannot.
TEST_F(JournalTest, ManyLateReadersGetTheStoredStream) {
  const auto log = std::make_shared<RunLog>("a", &tails_, 3000);
  journal_.AddRun(RunOf("a"), log, Block(1), now_, Keep(&added_));
  std::mt19937 random(7);
  for (int i = 0; i < 100; ++i) {
    journal_.Append(log, Block(1 + random() % 5, random() % 200 + 1), now_);
    if (random() % 4 == 0) {
      ASSERT_TRUE(journal_.Turn().ok());
    }
  }
  journal_.End(EndOf("a"), log, Block(1), now_, [](absl::Status) {});
  ASSERT_TRUE(journal_.Turn().ok());
  const uint64_t last = log->last_sequence();
  for (int i = 0; i < 1000; ++i) {
    uint64_t next = random() % (last + 1);
    for (;;) {
      const auto batch = log->Read(next, 1000, std::make_shared<CountingReader>());
      std::string bytes;
      for (const grpc::Slice& slice : batch->slices) {
        bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
      }
      if (batch->behind) bytes = store_.Read("a", next, 1000)->bytes;
      for (const uint64_t sequence : SequencesIn(bytes)) ASSERT_EQ(sequence, ++next);
      if (batch->at_end) break;
    }
    EXPECT_EQ(next, last);
  }
}

// For ThreadSanitizer too.
TEST(JournalThreadTest, WritesWhatManyThreadsQueue) {
  auto disk = std::make_shared<MemoryDisk>();
  MemoryRunStore store(disk);
  TailMemory tails(1 << 20);
  const auto log = std::make_shared<RunLog>("a", &tails);
  std::promise<absl::Status> ended;
  {
    JournalThread thread(&store, &tails, {});
    Journal* const journal = thread.journal();
    std::promise<absl::Status> added;
    journal->AddRun(RunOf("a"), log, Block(1), absl::UnixEpoch(),
                    [&](absl::Status status) { added.set_value(std::move(status)); });
    EXPECT_TRUE(added.get_future().get().ok());
    std::vector<std::thread> writers;
    for (int i = 0; i < 3; ++i) {
      writers.emplace_back([&] {
        for (int j = 0; j < 500; ++j) journal->Append(log, Block(1), absl::UnixEpoch());
      });
    }
    for (std::thread& writer : writers) writer.join();
    journal->End(EndOf("a"), log, Block(1), absl::UnixEpoch(),
                 [&](absl::Status status) { ended.set_value(std::move(status)); });
  }
  EXPECT_TRUE(ended.get_future().get().ok());
  EXPECT_EQ(log->last_sequence(), 1502u);
  EXPECT_EQ(SequencesIn(store.Read("a", 0, 1 << 24)->bytes).size(), 1502u);
}

}  // namespace
}  // namespace muster::service
