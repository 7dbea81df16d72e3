#include "tests/service/store/run_store_contract.h"

#include <gmock/gmock.h>

#include <random>
#include <vector>

#include "tests/service/store/store_samples.h"

namespace muster::service {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(RunStoreContract);

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Ids(const absl::StatusOr<std::vector<ListedRun>>& runs) {
  std::vector<std::string> ids;
  for (const ListedRun& listed : *runs) ids.push_back(listed.run.id());
  return ids;
}

std::vector<uint32_t> Hosts(const absl::StatusOr<std::vector<v1::HostResult>>& results) {
  std::vector<uint32_t> hosts;
  for (const v1::HostResult& result : *results) hosts.push_back(result.host_index());
  return hosts;
}

TEST_P(RunStoreContract, WhatIsCommittedOutlivesTheDaemon) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1", "r1"))).ok());
  Reopen();
  const auto found = *store_->Find("a1");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->run.SerializeAsString(), SampleRun("a1").run.SerializeAsString());
  EXPECT_EQ(found->request_id, "r1");
  EXPECT_EQ(found->request_digest, SampleRun("a1", "r1").request_digest);
  EXPECT_EQ(store_->Unfinished()->at(0).request_digest, found->request_digest);
  EXPECT_FALSE(store_->Find("a2")->has_value());
}

TEST_P(RunStoreContract, ACommitIsAllOrNothing) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  JournalCommit commit = AddOf(SampleRun("a2"));
  commit.starting.push_back({"a1", {3}});
  commit.added.push_back(SampleRun("a1"));
  EXPECT_EQ(Commit(commit).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(store_->Find("a2")->has_value());
  EXPECT_THAT(store_->Unfinished()->at(0).started, IsEmpty());
  commit.added.pop_back();
  EXPECT_TRUE(Commit(commit).ok());
}

TEST_P(RunStoreContract, AnEmptyCommitIsFine) { EXPECT_TRUE(Commit({}).ok()); }

TEST_P(RunStoreContract, ARequestIdIsOneRunForEachCreator) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1", "r1"))).ok());
  EXPECT_EQ(Commit(AddOf(SampleRun("a2", "r1"))).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(Commit(AddOf(SampleRun("a3", "r1", "bob"))).ok());
  EXPECT_TRUE(Commit(AddOf(SampleRun("a4"))).ok());
  EXPECT_TRUE(Commit(AddOf(SampleRun("a5"))).ok());
  EXPECT_EQ((*store_->FindRequest("bob", "r1"))->run.id(), "a3");
  EXPECT_FALSE(store_->FindRequest("eve", "r1")->has_value());
  EXPECT_FALSE(store_->FindRequest("ann", "")->has_value());
}

TEST_P(RunStoreContract, StartedHostsAreKnownUntilTheEnd) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(Commit(AddOf(SampleRun("a2"))).ok());
  ASSERT_TRUE(Commit(StartOf("a1", {70000, 2})).ok());
  ASSERT_TRUE(Commit(StartOf("a1", {1})).ok());
  Reopen();
  const auto runs = *store_->Unfinished();
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[0].run.id(), "a1");
  EXPECT_THAT(runs[0].started, ElementsAre(1, 2, 70000));
  EXPECT_THAT(runs[1].started, IsEmpty());
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a1"))).ok());
  EXPECT_EQ(store_->Unfinished()->size(), 1u);
}

TEST_P(RunStoreContract, OneCommitMayHoldAWholeRun) {
  JournalCommit commit = AddOf(SampleRun("a1"));
  commit.starting.push_back({"a1", {0}});
  commit.ended.push_back(SampleEnd("a1", 1));
  ASSERT_TRUE(Commit(commit).ok());
  EXPECT_EQ((*store_->Find("a1"))->run.state(), v1::RUN_STATE_SUCCEEDED);
  EXPECT_THAT(*store_->Unfinished(), IsEmpty());
}

TEST_P(RunStoreContract, NothingStartsOrEndsOutsideOfARun) {
  EXPECT_EQ(Commit(StartOf("a1", {0})).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Commit(EndOf(SampleEnd("a1"))).code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a1"))).ok());
  EXPECT_EQ(Commit(EndOf(SampleEnd("a1"))).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Commit(StartOf("a1", {0})).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_P(RunStoreContract, ResultsArePagedAndFiltered) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  EXPECT_EQ(store_->Results("a1", 0, 10, {}).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a1", 1000))).ok());
  Reopen();
  EXPECT_EQ(store_->Results("a1", 0, 5000, {})->size(), 1000u);
  EXPECT_THAT(Hosts(store_->Results("a1", 254, 4, {})), ElementsAre(254, 255, 256, 257));
  EXPECT_THAT(Hosts(store_->Results("a1", 250, 3, {v1::HOST_STATE_EXITED_NONZERO})),
              ElementsAre(251, 254, 257));
  EXPECT_THAT(Hosts(store_->Results("a1", 998, 10, {})), ElementsAre(998, 999));
  EXPECT_THAT(Hosts(store_->Results("a1", 1000, 10, {})), IsEmpty());
  EXPECT_THAT(Hosts(store_->Results("a1", 0, 10, {v1::HOST_STATE_OUTCOME_UNKNOWN})), IsEmpty());
  EXPECT_THAT(Hosts(store_->Results("a1", 0, 10, {v1::HOST_STATE_QUEUED})), IsEmpty());
  EXPECT_EQ(store_->Results("a2", 0, 10, {}).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(RunStoreContract, TheOrderIsThatOfCreationWhateverTheIds) {
  for (const char* id : {"z", "a", "m"}) ASSERT_TRUE(Commit(AddOf(SampleRun(id))).ok());
  Reopen();
  const auto all = *store_->List({});
  EXPECT_THAT(Ids(store_->List({})), ElementsAre("m", "a", "z"));
  RunQuery query;
  query.before = all[0].number;
  query.limit = 1;
  EXPECT_THAT(Ids(store_->List(query)), ElementsAre("a"));
  EXPECT_EQ(store_->Unfinished()->front().run.id(), "z");
}

TEST_P(RunStoreContract, ListsWhatIsAskedFor) {
  NewRun labeled = SampleRun("a1");
  (*labeled.run.mutable_spec()->mutable_labels())["env"] = "prod";
  labeled.run.mutable_create_time()->set_seconds(2000);
  NewRun argv = SampleRun("a2", "", "bob");
  argv.run.mutable_spec()->mutable_command()->mutable_argv()->add_arguments("df");
  argv.run.mutable_spec()->mutable_command()->mutable_argv()->add_arguments("-h");
  ASSERT_TRUE(Commit(AddOf(labeled)).ok());
  ASSERT_TRUE(Commit(AddOf(argv)).ok());
  ASSERT_TRUE(Commit(AddOf(SampleRun("a3"))).ok());
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a3"))).ok());
  const auto ids = [&](std::function<void(RunQuery*)> set) {
    RunQuery query;
    set(&query);
    return Ids(store_->List(query));
  };
  EXPECT_THAT(ids([](RunQuery* query) { query->creator = "bob"; }), ElementsAre("a2"));
  EXPECT_THAT(ids([](RunQuery* query) { query->id_prefix = "a2"; }), ElementsAre("a2"));
  EXPECT_THAT(ids([](RunQuery* query) { query->max_bytes = 1; }), ElementsAre("a3"));
  EXPECT_THAT(ids([](RunQuery* query) { query->labels["env"] = "prod"; }), ElementsAre("a1"));
  EXPECT_THAT(ids([](RunQuery* query) { query->labels["env"] = "test"; }), IsEmpty());
  EXPECT_THAT(ids([](RunQuery* query) { query->command_contains = "f -"; }), ElementsAre("a2"));
  EXPECT_THAT(ids([](RunQuery* query) { query->states = {v1::RUN_STATE_SUCCEEDED}; }),
              ElementsAre("a3"));
  EXPECT_THAT(ids([](RunQuery* query) { query->created_after = absl::FromUnixSeconds(2000); }),
              ElementsAre("a1"));
  EXPECT_THAT(ids([](RunQuery* query) { query->created_before = absl::FromUnixSeconds(2000); }),
              ElementsAre("a3", "a2"));
}

TEST_P(RunStoreContract, TellsTheOldestThatAreOver) {
  EXPECT_FALSE(store_->OldestAfter(0)->has_value());
  for (const char* id : {"a1", "a2", "a3"}) {
    NewRun run = SampleRun(id);
    run.run.mutable_create_time()->set_seconds(90000);
    ASSERT_TRUE(Commit(AddOf(run)).ok());
    if (id == absl::string_view("a2")) continue;  // is under way
    EndedRun end = SampleEnd(id, 1);
    *end.run.mutable_create_time() = run.run.create_time();
    ASSERT_TRUE(Commit(EndOf(end)).ok());
  }
  const OldRun first = **store_->OldestAfter(0);
  EXPECT_EQ(first.id, "a1");
  EXPECT_EQ(first.create_time, absl::FromUnixSeconds(90000));
  const OldRun second = **store_->OldestAfter(first.number);
  EXPECT_EQ(second.id, "a3");
  EXPECT_FALSE(store_->OldestAfter(second.number)->has_value());
}

TEST_P(RunStoreContract, ALogIsReadFromAnyEvent) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  std::string all;
  std::mt19937 random(1);
  uint64_t next = 1;
  while (next < 300) {
    const SampleBlock one(next, 1 + random() % 5, random() % 300);
    const SampleBlock two(next + one.count, 1, 700);
    ASSERT_TRUE(store_->Append(store_->fence(), "a1", {one.block(), two.block()}).ok());
    all += one.bytes + two.bytes;
    next += one.count + 1;
  }
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EXPECT_EQ(*ReadAll(*store_, "a1"), all);
    for (uint64_t after = 0; after < next - 1; ++after) {
      const auto part = *store_->Read("a1", after, 1);
      ASSERT_EQ(Sequences(part.bytes).front(), after + 1);
      ASSERT_EQ(Sequences(part.bytes).back(), part.last_sequence);
      EXPECT_EQ(part.more, part.last_sequence < next - 1);
    }
    const auto end = *store_->Read("a1", next - 1, 100);
    EXPECT_EQ(end.bytes, "");
    EXPECT_EQ(end.last_sequence, next - 1);
    EXPECT_FALSE(end.more);
  }
}

TEST_P(RunStoreContract, APartIsNotMuchBiggerThanAskedFor) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  for (uint64_t i = 1; i <= 20; ++i) {
    ASSERT_TRUE(AppendEvents(store_.get(), "a1", i, 1, 10000).ok());
  }
  const auto part = *store_->Read("a1", 0, 50000);
  EXPECT_FALSE(part.bytes.empty());
  EXPECT_LE(part.bytes.size(), 50000u);
  EXPECT_TRUE(part.more);
}

TEST_P(RunStoreContract, ALogGoesOnAfterTheDaemonsEnd) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 5).ok());
  Reopen();
  EXPECT_EQ(store_->Unfinished()->at(0).last_sequence, 5u);
  EXPECT_EQ(store_->Unfinished()->at(0).damage, "");
  EXPECT_EQ(AppendEvents(store_.get(), "a1", 5, 1).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(AppendEvents(store_.get(), "a1", 7, 1).code(), absl::StatusCode::kOutOfRange);
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 6, 2).ok());
  EXPECT_THAT(Sequences(*ReadAll(*store_, "a1")), ElementsAre(1, 2, 3, 4, 5, 6, 7));
}

TEST_P(RunStoreContract, BlocksMustFollowEachOther) {
  const SampleBlock one(1, 2), three(3, 1), nine(9, 1);
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  EXPECT_EQ(store_->Append(store_->fence(), "a1", {one.block(), nine.block()}).code(),
            absl::StatusCode::kOutOfRange);
  EXPECT_EQ(store_->Read("a1", 0, 100)->bytes, "");
  EXPECT_TRUE(store_->Append(store_->fence(), "a1", {one.block(), three.block()}).ok());
}

TEST_P(RunStoreContract, ALogMayComeBeforeItsRun) {
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 2).ok());
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  EXPECT_THAT(Sequences(*ReadAll(*store_, "a1")), ElementsAre(1, 2));
}

TEST_P(RunStoreContract, ALogWithoutItsRunIsGoneAfterTheDaemonsEnd) {
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 2).ok());
  Reopen();
  EXPECT_EQ(store_->Read("a1", 0, 100).status().code(), absl::StatusCode::kNotFound);
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  EXPECT_TRUE(AppendEvents(store_.get(), "a1", 1, 2).ok());
}

TEST_P(RunStoreContract, TheLogOfAnEndedRunStays) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 3).ok());
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a1"))).ok());
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    EXPECT_EQ(AppendEvents(store_.get(), "a1", 4, 1).code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(Sequences(*ReadAll(*store_, "a1")), ElementsAre(1, 2, 3));
  }
}

TEST_P(RunStoreContract, AForgottenRunLeavesNothing) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1", "r1"))).ok());
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 3, 5000).ok());
  EXPECT_EQ(store_->Forget(store_->fence(), "a1").code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(Commit(EndOf(SampleEnd("a1", 10))).ok());
  EXPECT_GT(store_->Usage()->bytes, 10000u);  // of 15,000, which may be packed
  EXPECT_EQ(*store_->CountRuns(), 1u);
  ASSERT_TRUE(store_->Forget(store_->fence(), "a1").ok());
  EXPECT_EQ(*store_->CountRuns(), 0u);
  EXPECT_FALSE(store_->Find("a1")->has_value());
  EXPECT_FALSE(store_->FindRequest("ann", "r1")->has_value());
  EXPECT_EQ(store_->Read("a1", 0, 100).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Results("a1", 0, 10, {}).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store_->Forget(store_->fence(), "a1").ok());
  Reopen();
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1", "r1"))).ok());
  EXPECT_EQ(store_->Read("a1", 0, 100)->bytes, "");
}

TEST_P(RunStoreContract, WhoWasReplacedCanWriteNoMore) {
  ASSERT_TRUE(Commit(AddOf(SampleRun("a1"))).ok());
  ASSERT_TRUE(AppendEvents(store_.get(), "a1", 1, 1).ok());
  place_->TakeOver();
  const Fence fence = store_->fence();
  EXPECT_EQ(Commit(StartOf("a1", {0})).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(AppendEvents(store_.get(), "a1", 2, 1).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store_->Sync(fence).code(), absl::StatusCode::kAborted);
  EXPECT_EQ(store_->Forget(fence, "a1").code(), absl::StatusCode::kAborted);
  EXPECT_THAT(store_->Unfinished()->at(0).started, IsEmpty());
  EXPECT_EQ(store_->Unfinished()->at(0).last_sequence, 1u);
}

TEST_P(RunStoreContract, FencesGrow) {
  const Fence first = store_->fence();
  Reopen();
  EXPECT_GT(store_->fence(), first);
  EXPECT_EQ(store_->Commit(first, {}).code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(Commit({}).ok());
}

// A clock that is moved changes what is told, not what is kept.
TEST_P(RunStoreContract, TimesMayRunBackwards) {
  NewRun later = SampleRun("a1");
  later.run.mutable_create_time()->set_seconds(90000);
  ASSERT_TRUE(Commit(AddOf(later)).ok());
  ASSERT_TRUE(Commit(AddOf(SampleRun("a2"))).ok());
  EventBlock events;
  events.AddOutput(0, v1::OUTPUT_STREAM_STDOUT, "x\n", false, false);
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    EventBlock copy = events;
    copy.Stamp(sequence, absl::FromUnixSeconds(100000 - 40000 * static_cast<int64_t>(sequence)));
    const std::string bytes = copy.Take();
    ASSERT_TRUE(store_->Append(store_->fence(), "a1", {{sequence, 1, bytes}}).ok());
  }
  Reopen();
  EXPECT_THAT(Ids(store_->List({})), ElementsAre("a2", "a1"));
  EXPECT_THAT(Sequences(*ReadAll(*store_, "a1")), ElementsAre(1, 2, 3));
}

}  // namespace
}  // namespace muster::service
