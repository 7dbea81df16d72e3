#include "service/runs/retention.h"

#include <gtest/gtest.h>

#include "service/store/memory_run_store.h"

namespace muster::service {
namespace {

class RetentionTest : public ::testing::Test {
 protected:
  // Made so many hours after the epoch.
  void Add(const std::string& id, int hour, bool ended = true) {
    JournalCommit added;
    added.added.emplace_back().run.set_id(id);
    v1::Run& run = added.added[0].run;
    run.set_state(v1::RUN_STATE_RUNNING);
    run.mutable_create_time()->set_seconds(hour * 3600);
    EXPECT_TRUE(store_.Commit(store_.fence(), added).ok());
    if (!ended) return;
    JournalCommit end;
    end.ended.emplace_back().run = run;
    end.ended[0].run.set_state(v1::RUN_STATE_SUCCEEDED);
    EXPECT_TRUE(store_.Commit(store_.fence(), end).ok());
  }
  // What is left, newest first.
  std::string Forget(const RetentionLimits& limits, int hour = 100) {
    ForgetOldRuns(store_, limits, absl::UnixEpoch() + absl::Hours(hour), &journal_);
    EXPECT_TRUE(journal_.Turn().ok());
    std::string left;
    const auto runs = store_.List({});
    for (const ListedRun& listed : *runs) left += listed.run.id();
    return left;
  }

  MemoryRunStore store_{std::make_shared<MemoryDisk>()};
  TailMemory tails_{1 << 20};
  Journal journal_{&store_, &tails_, {}};
};

TEST_F(RetentionTest, WithoutLimitsAllIsKept) {
  Add("a", 1);
  EXPECT_EQ(Forget({}), "a");
}

TEST_F(RetentionTest, ByAge) {
  Add("a", 1);
  Add("b", 2);
  Add("c", 3);
  RetentionLimits limits;
  limits.age = absl::Hours(10);
  EXPECT_EQ(Forget(limits, 12), "cb");
}

TEST_F(RetentionTest, ManyAtOnce) {
  for (char id = 'A'; id <= 'z'; ++id) Add(std::string(1, id), 1);
  Add("~", 90);
  RetentionLimits limits;
  limits.age = absl::Hours(50);
  EXPECT_EQ(Forget(limits), "~");
}

TEST_F(RetentionTest, ByCountTheOldestThatAreOver) {
  Add("a", 1, /*ended=*/false);
  Add("b", 2);
  Add("c", 3);
  RetentionLimits limits;
  limits.runs = 2;
  EXPECT_EQ(Forget(limits), "ca");
}

TEST_F(RetentionTest, ByBytesAFewAtATime) {
  for (char id = 'a'; id <= 'j'; ++id) Add(std::string(1, id), id);
  RetentionLimits limits;
  limits.min_free_bytes = UINT64_MAX;
  EXPECT_EQ(Forget(limits), "ji");
}

}  // namespace
}  // namespace muster::service
