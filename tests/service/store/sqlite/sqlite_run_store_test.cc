#include "service/store/sqlite/sqlite_run_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "proto/contract/error_details.h"
#include "tests/service/store/run_store_contract.h"
#include "tests/service/store/segments/fault_files.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(uint64_t segment_bytes) { options_.segment_bytes = segment_bytes; }
  std::unique_ptr<RunStore> Open() override {
    auto store = OpenRunStore(folder_.path() + "/store", options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }
  // The lock is on the file: another one in its place lets a second daemon in.
  void TakeOver() override {
    ASSERT_EQ(remove((folder_.path() + "/store/lock").c_str()), 0);
    Open();
  }

 private:
  const TestFolder folder_;
  RunStoreOptions options_;
};

StoreKind Kind(const std::string& name, uint64_t segment_bytes) {
  return {name, [=] { return std::make_unique<SqlitePlace>(segment_bytes); }};
}

INSTANTIATE_TEST_SUITE_P(Sqlite, RunStoreContract,
                         ::testing::Values(Kind("one_segment", 64 << 20),
                                           Kind("small_segments", 2000)),
                         [](const auto& info) { return info.param.name; });

using ::testing::HasSubstr;

class SqliteRunStoreTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<RunStore>> Open() { return OpenRunStore(path_, options_); }

  const TestFolder folder_;
  const std::string path_ = folder_.path() + "/store";
  FaultFiles files_;
  RunStoreOptions options_;
};

TEST_F(SqliteRunStoreTest, OneDaemonADirectory) {
  const auto store = Open();
  const absl::Status status = Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("process " + std::to_string(getpid())));
  EXPECT_TRUE((*store)->Commit((*store)->fence(), {}).ok());
}

TEST_F(SqliteRunStoreTest, NobodyElseMayRead) {
  const auto store = *Open();
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(store.get(), "a1", 1, 1).ok());
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path_)) {
    ASSERT_EQ(stat(entry.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 077, 0u) << entry.path();
  }
}

TEST_F(SqliteRunStoreTest, AFolderThatCannotBeWrittenToIsNamed) {
  std::ofstream(folder_.path() + "/file") << "x";
  const auto store = OpenRunStore(folder_.path() + "/file/store");
  EXPECT_EQ(store.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(store.status().message()), HasSubstr("/file/store"));
}

TEST_F(SqliteRunStoreTest, KeepsSpaceFree) {
  options_.files = &files_;
  const auto store = *Open();
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a2"))).ok());
  ASSERT_TRUE(store->Commit(store->fence(), EndOf(SampleEnd("a1"))).ok());
  files_.free_bytes = options_.min_free_bytes - 1;
  const absl::Status refused = store->Commit(store->fence(), StartOf("a2", {0}));
  EXPECT_TRUE(absl::IsResourceExhausted(refused)) << refused;
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_DISK_FULL);
  EXPECT_EQ(AppendEvents(store.get(), "a2", 1, 1).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store->Forget(store->fence(), "a1").ok());
  EXPECT_TRUE(store->Find("a2")->has_value());
  files_.free_bytes = options_.min_free_bytes;
  EXPECT_TRUE(AppendEvents(store.get(), "a2", 1, 1).ok());
}

// The kernel's own limit, so that SQLite meets it too.
TEST_F(SqliteRunStoreTest, AFullDiskChangesNothingAndPasses) {
  const auto store = *Open();
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
  signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {100 << 10, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::vector<uint32_t> hosts(100000);
  for (const absl::Status& full : {store->Commit(store->fence(), StartOf("a1", hosts)),
                                   AppendEvents(store.get(), "a1", 1, 3, 100000)}) {
    EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
    EXPECT_EQ(ReasonOf(full), v1::ERROR_REASON_DISK_FULL);
  }
  EXPECT_TRUE(store->Unfinished()->at(0).started.empty());
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(store->Commit(store->fence(), StartOf("a1", {7})).ok());
  EXPECT_TRUE(AppendEvents(store.get(), "a1", 1, 3, 100000).ok());
  EXPECT_EQ(store->Unfinished()->at(0).started, std::vector<uint32_t>{7});
}

TEST_F(SqliteRunStoreTest, ADamagedLogKeepsNobodyFromStarting) {
  const std::string log = path_ + "/logs/a1-000001.log";
  {
    const auto store = *Open();
    ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
    ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a2"))).ok());
    for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(AppendEvents(store.get(), "a1", i, 1).ok());
  }
  std::fstream(log, std::ios::in | std::ios::out | std::ios::binary).seekp(150) << "damage";
  const auto store = *Open();
  const auto unfinished = *store->Unfinished();
  EXPECT_THAT(unfinished[0].damage, HasSubstr(log));
  EXPECT_EQ(unfinished[0].last_sequence, 5u);
  EXPECT_EQ(unfinished[1].damage, "");
  EXPECT_TRUE(AppendEvents(store.get(), "a1", 6, 1).ok());
}

// A run's end, too: its log's file comes back with all that was promised.
TEST_F(SqliteRunStoreTest, AShortLogIsSafeWithoutASyncOfItsFile) {
  options_.files = &files_;
  {
    const auto store = *Open();
    files_.syncs = 0;
    ASSERT_TRUE(AppendEvents(store.get(), "a1", 1, 2).ok());
    ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
    ASSERT_TRUE(AppendEvents(store.get(), "a1", 3, 2).ok());
    ASSERT_TRUE(store->Commit(store->fence(), EndOf(SampleEnd("a1"))).ok());
    EXPECT_EQ(files_.syncs, 0);
  }
  std::filesystem::remove(path_ + "/logs/a1-000001.log");
  EXPECT_EQ(Sequences(*ReadAll(**Open(), "a1")).size(), 4u);
}

TEST_F(SqliteRunStoreTest, ALongLogIsSynced) {
  options_.files = &files_;
  const auto store = *Open();
  files_.syncs = 0;
  ASSERT_TRUE(AppendEvents(store.get(), "a1", 1, 3, 100000).ok());
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
  EXPECT_EQ(files_.syncs, 1);
}

// What a commit kept of a log is of no use once the log was synced: it must not come back.
TEST_F(SqliteRunStoreTest, WhatWasSyncedIsNotRestored) {
  {
    const auto store = *Open();
    ASSERT_TRUE(AppendEvents(store.get(), "a1", 1, 2).ok());
    ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
    ASSERT_TRUE(store->Sync(store->fence()).ok());
    ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a2"))).ok());
  }
  std::filesystem::remove(path_ + "/logs/a1-000001.log");
  EXPECT_EQ((*Open())->Unfinished()->at(0).last_sequence, 0u);
}

TEST_F(SqliteRunStoreTest, WhoReadsAForgottenRunIsNotDisturbed) {
  options_.segment_bytes = 1000;
  const auto store = *Open();
  ASSERT_TRUE(store->Commit(store->fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(store.get(), "a1", 1, 10).ok());
  ASSERT_TRUE(store->Commit(store->fence(), EndOf(SampleEnd("a1"))).ok());
  const auto part = store->Read("a1", 0, 100);
  ASSERT_TRUE(store->Forget(store->fence(), "a1").ok());
  EXPECT_EQ(Sequences(part->bytes).size(), 10u);
  EXPECT_TRUE(std::filesystem::is_empty(path_ + "/logs"));
}

}  // namespace
}  // namespace muster::service
