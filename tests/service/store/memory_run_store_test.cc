#include "service/store/memory_run_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/store/run_store_contract.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;

class MemoryPlace final : public StorePlace {
 public:
  std::unique_ptr<RunStore> Open() override { return std::make_unique<MemoryRunStore>(disk_); }
  void TakeOver() override { MemoryRunStore other(disk_); }

 private:
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

INSTANTIATE_TEST_SUITE_P(Memory, RunStoreContract,
                         ::testing::Values(StoreKind{
                             "memory", [] { return std::make_unique<MemoryPlace>(); }}),
                         [](const auto& info) { return info.param.name; });

class MemoryRunStoreTest : public ::testing::Test {
 protected:
  const std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
  MemoryRunStore store_{disk_};
};

TEST_F(MemoryRunStoreTest, ForgetsWhatWasNotSynced) {
  ASSERT_TRUE(store_.Commit(store_.fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(&store_, "a1", 1, 2).ok());
  ASSERT_TRUE(store_.Sync(store_.fence()).ok());
  ASSERT_TRUE(AppendEvents(&store_, "a1", 3, 2).ok());
  ASSERT_TRUE(store_.Commit(store_.fence(), StartOf("a1", {0})).ok());
  disk_->LosePower();
  MemoryRunStore next(disk_);
  EXPECT_EQ(next.Unfinished()->at(0).last_sequence, 2u);
  EXPECT_THAT(next.Unfinished()->at(0).started, ElementsAre(0));
}

TEST_F(MemoryRunStoreTest, WhatANewDaemonFindsIsDurable) {
  ASSERT_TRUE(store_.Commit(store_.fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(&store_, "a1", 1, 2).ok());
  MemoryRunStore next(disk_);
  disk_->LosePower();
  EXPECT_EQ(next.Unfinished()->at(0).last_sequence, 2u);
}

TEST_F(MemoryRunStoreTest, AFaultChangesNothing) {
  ASSERT_TRUE(store_.Commit(store_.fence(), AddOf(SampleRun("a1"))).ok());
  disk_->SetFault([](StoreWrite kind) {
    return kind == StoreWrite::kAppend ? absl::ResourceExhaustedError("full") : absl::OkStatus();
  });
  EXPECT_EQ(AppendEvents(&store_, "a1", 1, 1).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(store_.Commit(store_.fence(), {}).ok());
  disk_->SetFault(nullptr);
  EXPECT_TRUE(AppendEvents(&store_, "a1", 1, 1).ok());
  EXPECT_EQ(disk_->writes(StoreWrite::kAppend), 1u);
}

TEST_F(MemoryRunStoreTest, ReadsUpToTheDamage) {
  ASSERT_TRUE(store_.Commit(store_.fence(), AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(&store_, "a1", 1, 1).ok());
  ASSERT_TRUE(AppendEvents(&store_, "a1", 2, 1).ok());
  disk_->Damage("a1", 2);
  EXPECT_EQ(store_.Read("a1", 0, 1000)->last_sequence, 1u);
  EXPECT_EQ(store_.Read("a1", 1, 1000).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace muster::service
