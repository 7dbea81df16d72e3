#include "service/store/sqlite/catalog.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "service/store/sqlite/catalog_schema.h"
#include "tests/service/store/store_samples.h"

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As musterd wrote it when this was the newest: never to be changed.
constexpr char kFrozenVersion1[] = R"(
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1297437524;
CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), fence INTEGER NOT NULL);
INSERT INTO store VALUES (1, 41);
CREATE TABLE run (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, creator TEXT NOT NULL, request_id TEXT,
  create_time INTEGER NOT NULL, ended_at INTEGER, run BLOB NOT NULL);
CREATE UNIQUE INDEX run_request ON run (creator, request_id) WHERE request_id IS NOT NULL;
CREATE INDEX run_unfinished ON run (id) WHERE ended_at IS NULL;
CREATE TABLE starting (
  number INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  hosts BLOB NOT NULL);
CREATE INDEX starting_run ON starting (run);
CREATE TABLE result (
  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, first_host INTEGER NOT NULL,
  states INTEGER NOT NULL, results BLOB NOT NULL, UNIQUE (run, first_host));
INSERT INTO run VALUES (1, 'a1', 'ann', 'r1', 1000000000000, NULL, x'0a0261314a03616e6e');
INSERT INTO run VALUES (2, 'a2', 'ann', NULL, 1000000000000, 7, x'0a02613210044a03616e6e');
INSERT INTO starting VALUES (1, 1, x'0200000070110100');
INSERT INTO result VALUES (2, 0, 64, x'0218060408011806');
PRAGMA user_version = 1;
)";

class CatalogTest : public ::testing::Test {
 protected:
  absl::Status Write(const std::string& sql) {
    auto database = Database::Open(path_, "");
    return database.ok() ? (*database)->Execute(sql) : database.status();
  }

  const TestFolder folder_;
  const std::string path_ = folder_.path() + "/catalog.db";
};

TEST_F(CatalogTest, OpensWhatVersion1Wrote) {
  ASSERT_TRUE(Write(kFrozenVersion1).ok());
  const auto catalog = Catalog::Open(path_, "");
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  EXPECT_EQ((*catalog)->fence(), 42u);
  const auto unfinished = *(*catalog)->Unfinished();
  ASSERT_EQ(unfinished.size(), 1u);
  EXPECT_EQ(unfinished[0].run.creator(), "ann");
  EXPECT_EQ(unfinished[0].request_id, "r1");
  EXPECT_THAT(unfinished[0].started, ElementsAre(2, 70000));
  EXPECT_EQ(**(*catalog)->EndOf("a2"), 7u);
  const auto results = *(*catalog)->Results("a2", 0, 10, {v1::HOST_STATE_SUCCEEDED});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].host_index(), 1u);
}

TEST_F(CatalogTest, StepsAreTakenOnceAndInOrder) {
  const auto database = *Database::Open(path_, "");
  const std::vector<const char*> steps = {"CREATE TABLE a (b)", "INSERT INTO a VALUES (1)",
                                          "ALTER TABLE a ADD COLUMN c DEFAULT 2"};
  ASSERT_TRUE(Migrate(database.get(), absl::MakeSpan(steps).first(2)).ok());
  ASSERT_TRUE(Migrate(database.get(), steps).ok());
  ASSERT_TRUE(Migrate(database.get(), steps).ok());
  Query query(database.get(), "SELECT count(*), sum(b), sum(c) FROM a");
  ASSERT_TRUE(*query.Step());
  EXPECT_EQ(query.Int(0), 1);
  EXPECT_EQ(query.Int(2), 2);
}

TEST_F(CatalogTest, AnOlderOneIsBroughtUpToDate) {
  {
    const auto database = *Database::Open(path_, "");
    ASSERT_TRUE(Migrate(database.get(), CatalogSteps().first(1)).ok());
  }
  const auto catalog = *Catalog::Open(path_, "");
  CommittedLogs logs;
  logs.ends.push_back({"a1", 1, 2, "bytes"});
  ASSERT_TRUE(catalog->Commit(catalog->fence(), AddOf(SampleRun("a1")), logs).ok());
  const auto ends = *catalog->LogEnds();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].run_id, "a1");
  EXPECT_EQ(ends[0].segment, 1u);
  EXPECT_EQ(ends[0].offset, 2u);
  EXPECT_EQ(ends[0].bytes, "bytes");
}

// States had other numbers then (old_format.h).
TEST_F(CatalogTest, RunsOfAnOlderOneKeepTheirOutcomes) {
  NewRun old = SampleRun("a1");
  old.run.set_state(static_cast<v1::RunState>(5));
  std::string results;
  {
    google::protobuf::io::StringOutputStream out(&results);
    v1::HostResult result;
    result.set_state(static_cast<v1::HostState>(9));
    google::protobuf::util::SerializeDelimitedToZeroCopyStream(result, &out);
  }
  {
    const auto database = *Database::Open(path_, "");
    ASSERT_TRUE(Migrate(database.get(), CatalogSteps().first(2)).ok());
    ASSERT_TRUE(Query(database.get(),
                      "INSERT INTO run (number, id, creator, create_time, ended_at, run)"
                      " VALUES (1, 'a1', 'ann', 1, 9, ?)")
                    .BindBlob(1, old.run.SerializeAsString())
                    .Run()
                    .ok());
    ASSERT_TRUE(Query(database.get(), "INSERT INTO result VALUES (1, 0, 1 << 9, ?)")
                    .BindBlob(1, results)
                    .Run()
                    .ok());
  }
  const auto catalog = *Catalog::Open(path_, "");
  EXPECT_EQ((*catalog->Find("a1"))->run.state(), v1::RUN_STATE_FAILED);
  const auto found = *catalog->Results("a1", 0, 10, {v1::HOST_STATE_UNREACHABLE});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].state(), v1::HOST_STATE_UNREACHABLE);
  EXPECT_TRUE(catalog->Results("a1", 0, 10, {v1::HOST_STATE_SUCCEEDED})->empty());
}

TEST_F(CatalogTest, AStepThatFailsChangesNothing) {
  const auto database = *Database::Open(path_, "");
  EXPECT_FALSE(Migrate(database.get(), {"CREATE TABLE a (b); CREATE TABLE a (b);"}).ok());
  EXPECT_TRUE(Migrate(database.get(), {"CREATE TABLE a (b)"}).ok());
}

TEST_F(CatalogTest, RefusesWhatANewerProgramWrote) {
  ASSERT_TRUE(Catalog::Open(path_, "").ok());
  ASSERT_TRUE(Write("PRAGMA user_version = 99").ok());
  const absl::Status status = Catalog::Open(path_, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("version 99"));
}

TEST_F(CatalogTest, WhatIsNoDatabaseIsRefused) {
  std::ofstream(path_) << std::string(8192, 'x');
  const absl::Status status = Catalog::Open(path_, "").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("restore"));
}

TEST_F(CatalogTest, DamagedPagesAreFound) {
  {
    const auto catalog = *Catalog::Open(path_, "");
    for (int i = 0; i < 100; ++i) {
      const std::string id = "a" + std::to_string(i);
      ASSERT_TRUE(catalog->Commit(catalog->fence(), AddOf(SampleRun(id)), {}).ok());
    }
  }
  const auto size = std::filesystem::file_size(path_);
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  for (uintmax_t at = 4096; at < size; at += 4096) file.seekp(at) << std::string(300, '\xaa');
  file.close();
  EXPECT_EQ(Catalog::Open(path_, "").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace muster::service
