#include "service/journal.h"

#include <gtest/gtest.h>

#include <thread>

#include "service/store/memory_run_store.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

EventBlock Lines(int count, size_t size = 20) {
  EventBlock block;
  for (int i = 0; i < count; ++i) {
    block.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, std::string(size, 'x'), false, false);
  }
  return block;
}

class CountingReader final : public LogReader {
 public:
  void OnLogGrown() override { ++calls; }
  int calls = 0;
};

// Where a call's answer is put.
struct Answer {
  Journal::Done done() {
    return [this](absl::Status given) { status = std::move(given); };
  }
  absl::optional<absl::Status> status;
};

class JournalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    hooks_.wake = [this](bool urgent) { wakes_.push_back(urgent); };
    hooks_.pressure = [this](bool stop) { pressure_.push_back(stop); };
    hooks_.fenced = [this](const absl::Status&) { ++fenced_; };
    Open();
  }

  void Open() {
    journal_.reset();
    store_ = std::make_unique<MemoryRunStore>(disk_);
    journal_ = std::make_unique<Journal>(store_.get(), &tails_, hooks_, marks_);
  }

  // With one event.
  std::shared_ptr<RunLog> Add(const std::string& id) {
    auto log = std::make_shared<RunLog>(id, &tails_);
    Answer answer;
    journal_->AddRun(SampleRun(id), log, Lines(1), absl::UnixEpoch(), answer.done());
    EXPECT_TRUE(journal_->Turn().ok());
    EXPECT_EQ(answer.status, absl::OkStatus());
    return log;
  }
  void Append(const std::shared_ptr<RunLog>& log, EventBlock block) {
    journal_->Append(log, std::move(block), absl::UnixEpoch());
  }
  void Fail(StoreWrite kind, const absl::Status& status) {
    disk_->SetFault(
        [kind, status](StoreWrite write) { return write == kind ? status : absl::OkStatus(); });
  }
  size_t Stored(const std::string& id) {
    const auto all = ReadAll(*store_, id);
    return all.ok() ? Sequences(*all).size() : 0;
  }

  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  TailMemory tails_{1 << 20};
  JournalHooks hooks_;
  JournalMarks marks_;
  std::vector<bool> wakes_;
  std::vector<bool> pressure_;
  int fenced_ = 0;
  std::unique_ptr<MemoryRunStore> store_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, NothingIsSeenBeforeItIsWritten) {
  const auto log = Add("a");
  Append(log, Lines(2));
  Append(log, Lines(3));
  EXPECT_EQ(log->last_sequence(), 1u);
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(log->last_sequence(), 6u);
  EXPECT_EQ(Stored("a"), 6u);
}

TEST_F(JournalTest, AnAddedRunIsDurableWithItsFirstEvents) {
  Add("a");
  disk_->LosePower();
  Open();
  EXPECT_EQ(Stored("a"), 1u);
  EXPECT_EQ(store_->Unfinished()->size(), 1u);
}

TEST_F(JournalTest, AStartIsAnsweredOnceItIsDurable) {
  Add("a");
  Answer answer;
  journal_->Start("a", {1, 2}, answer.done());
  EXPECT_FALSE(answer.status.has_value());
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(answer.status, absl::OkStatus());
  disk_->LosePower();
  Open();
  EXPECT_EQ(store_->Unfinished()->front().started, (std::vector<uint32_t>{1, 2}));
}

TEST_F(JournalTest, ATurnTakesOneCommitForAll) {
  const auto a = Add("a");
  const auto b = Add("b");
  const size_t before = disk_->writes(StoreWrite::kCommit);
  Answer answers[4];
  journal_->Start("a", {1}, answers[0].done());
  journal_->Start("b", {1}, answers[1].done());
  journal_->AddRun(SampleRun("c"), std::make_shared<RunLog>("c"), Lines(1), absl::UnixEpoch(),
                   answers[2].done());
  journal_->End(SampleEnd("b"), b, Lines(1), absl::UnixEpoch(), answers[3].done());
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(disk_->writes(StoreWrite::kCommit), before + 1);
  for (const Answer& answer : answers) EXPECT_EQ(answer.status, absl::OkStatus());
}

TEST_F(JournalTest, AnEndIsSeenOnceItIsCommitted) {
  const auto log = Add("a");
  Fail(StoreWrite::kCommit, absl::UnavailableError("broken"));
  Answer answer;
  Append(log, Lines(2));
  journal_->End(SampleEnd("a"), log, Lines(1), absl::UnixEpoch(), answer.done());
  EXPECT_FALSE(journal_->Turn().ok());
  EXPECT_EQ(log->last_sequence(), 3u);  // what came before the end
  EXPECT_FALSE(answer.status.has_value());
  EXPECT_TRUE(journal_->stalled());
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_FALSE(journal_->stalled());
  EXPECT_EQ(answer.status, absl::OkStatus());
  EXPECT_EQ(log->last_sequence(), 4u);
  EXPECT_TRUE(log->Read(4, 1000, std::make_shared<CountingReader>())->at_end);
  EXPECT_EQ(Stored("a"), 4u);
}

TEST_F(JournalTest, WithoutSpaceItKeepsWhatItHasAndStartsNothing) {
  const auto a = Add("a");
  const auto b = Add("b");
  Fail(StoreWrite::kAppend, absl::ResourceExhaustedError("full"));
  Answer start;
  Append(a, Lines(1));
  journal_->Start("b", {7}, start.done());
  EXPECT_FALSE(journal_->Turn().ok());
  Append(a, Lines(2));
  Append(b, Lines(3));
  EXPECT_FALSE(journal_->Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(journal_->health()));
  EXPECT_FALSE(start.status.has_value());
  EXPECT_EQ(a->last_sequence(), 1u);
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(journal_->health(), absl::OkStatus());
  EXPECT_EQ(start.status, absl::OkStatus());
  EXPECT_EQ(Stored("a"), 4u);
  EXPECT_EQ(Stored("b"), 4u);
}

TEST_F(JournalTest, ARunThatCannotBeAddedIsRefused) {
  Fail(StoreWrite::kAppend, absl::ResourceExhaustedError("full"));
  const auto log = std::make_shared<RunLog>("a");
  Answer answer;
  journal_->AddRun(SampleRun("a"), log, Lines(1), absl::UnixEpoch(), answer.done());
  EXPECT_FALSE(journal_->Turn().ok());
  EXPECT_TRUE(absl::IsResourceExhausted(*answer.status));
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(Stored("a"), 0u);
  Add("b");
}

TEST_F(JournalTest, ARunThatExistsDoesNotHinderOthers) {
  Add("a");
  Answer first, again, other, start;
  const auto add = [&](const std::string& id, const std::string& request, Answer* answer) {
    journal_->AddRun(SampleRun(id, request), std::make_shared<RunLog>(id), Lines(1),
                     absl::UnixEpoch(), answer->done());
  };
  add("b", "request", &first);
  add("c", "request", &again);
  add("d", "", &other);
  journal_->Start("a", {1}, start.done());
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(first.status, absl::OkStatus());
  EXPECT_TRUE(absl::IsAlreadyExists(*again.status));
  EXPECT_EQ(other.status, absl::OkStatus());
  EXPECT_EQ(start.status, absl::OkStatus());
}

TEST_F(JournalTest, WhoIsFencedWritesNoMore) {
  const auto log = Add("a");
  MemoryRunStore other(disk_);
  Answer start, later;
  journal_->Start("a", {1}, start.done());
  EXPECT_TRUE(absl::IsAborted(journal_->Turn()));
  EXPECT_TRUE(absl::IsAborted(*start.status));
  Append(log, Lines(1));
  journal_->Start("a", {2}, later.done());
  EXPECT_TRUE(absl::IsAborted(journal_->Turn()));
  EXPECT_TRUE(absl::IsAborted(*later.status));
  EXPECT_TRUE(absl::IsAborted(journal_->health()));
  EXPECT_EQ(fenced_, 1);
  EXPECT_TRUE(other.Unfinished()->front().started.empty());
}

TEST_F(JournalTest, PressureBetweenItsMarks) {
  marks_.high_bytes = 10'000;
  marks_.low_bytes = 5'000;
  Open();
  const auto log = Add("a");
  Append(log, Lines(1, 9000));
  EXPECT_TRUE(pressure_.empty());
  Append(log, Lines(1, 9000));
  Append(log, Lines(1, 9000));
  EXPECT_EQ(pressure_, std::vector<bool>{true});
  Fail(StoreWrite::kAppend, absl::UnavailableError("broken"));
  EXPECT_FALSE(journal_->Turn().ok());
  EXPECT_EQ(pressure_, std::vector<bool>{true});
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(pressure_, (std::vector<bool>{true, false}));
}

TEST_F(JournalTest, WakesOnceForMuch) {
  const auto log = Add("a");
  wakes_.clear();
  for (int i = 0; i < 10; ++i) Append(log, Lines(1));
  EXPECT_EQ(wakes_, std::vector<bool>{false});
  Answer answer;
  journal_->Start("a", {1}, answer.done());
  journal_->Start("a", {2}, answer.done());
  EXPECT_EQ(wakes_, (std::vector<bool>{false, true}));
  ASSERT_TRUE(journal_->Turn().ok());
  Append(log, Lines(1, marks_.urgent_bytes));
  EXPECT_EQ(wakes_, (std::vector<bool>{false, true, true}));
}

TEST_F(JournalTest, AReaderIsToldOncePerTurn) {
  const auto log = Add("a");
  const auto reader = std::make_shared<CountingReader>();
  EXPECT_FALSE(log->Read(1, 1000, reader).has_value());
  for (int i = 0; i < 10; ++i) Append(log, Lines(1, 10'000));
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_EQ(reader->calls, 1);
}

TEST_F(JournalTest, SyncMakesOutputDurable) {
  const auto log = Add("a");
  Append(log, Lines(1));
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_TRUE(journal_->unsynced());
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_FALSE(journal_->unsynced());
  Append(log, Lines(1));
  ASSERT_TRUE(journal_->Turn().ok());
  disk_->LosePower();
  Open();
  EXPECT_EQ(Stored("a"), 2u);
}

TEST_F(JournalTest, AFailedSyncIsNotForgotten) {
  const auto log = Add("a");
  Append(log, Lines(1));
  ASSERT_TRUE(journal_->Turn().ok());
  Fail(StoreWrite::kSync, absl::UnavailableError("broken"));
  EXPECT_FALSE(journal_->Sync().ok());
  ASSERT_TRUE(journal_->Turn().ok());
  EXPECT_FALSE(journal_->health().ok());
  EXPECT_TRUE(journal_->unsynced());
  disk_->SetFault(nullptr);
  ASSERT_TRUE(journal_->Sync().ok());
  EXPECT_TRUE(journal_->health().ok());
}

// Loops that each append in their order.
TEST_F(JournalTest, KeepsTheOrderOfEachThread) {
  const auto log = Add("a");
  constexpr uint32_t kThreads = 3;
  std::vector<std::thread> threads;
  for (uint32_t host = 0; host < kThreads; ++host) {
    threads.emplace_back([&, host] {
      for (int i = 0; i < 500; ++i) {
        EventBlock block;
        block.AddOutput(host, v1::OUTPUT_STREAM_STDOUT, std::to_string(i), false, false);
        Append(log, std::move(block));
      }
    });
  }
  while (log->last_sequence() < 1 + kThreads * 500) ASSERT_TRUE(journal_->Turn().ok());
  for (std::thread& thread : threads) thread.join();
  v1::WatchRunResponse all;
  ASSERT_TRUE(all.ParseFromString(*ReadAll(*store_, "a")));
  int next[kThreads] = {};
  for (const v1::Event& event : all.events()) {
    if (event.sequence() == 1) continue;
    EXPECT_EQ(event.output().data(), std::to_string(next[event.output().host_index()]++));
  }
}

}  // namespace
}  // namespace muster::service
