#include "service/runs/run_records.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

HostUpdate Update(uint32_t host, v1::HostState state, uint64_t omitted = 0) {
  HostUpdate update;
  update.host_index = host;
  update.state = state;
  update.outcome.set_state(state);
  update.omitted_bytes = omitted;
  return update;
}

const absl::Time kNow = absl::FromUnixSeconds(100);

TEST(RunRecordsTest, CountsHostsByState) {
  RunRecords records(3);
  records.Note(Update(0, v1::HOST_STATE_CONNECTING), kNow);
  records.Note(Update(1, v1::HOST_STATE_SUCCEEDED, 5), kNow);
  EXPECT_EQ(records.count(v1::HOST_STATE_QUEUED), 1u);
  EXPECT_EQ(records.count(v1::HOST_STATE_CONNECTING), 1u);
  EXPECT_TRUE(records.ended(1));
  EXPECT_FALSE(records.ended(0));
  EXPECT_FALSE(records.all_succeeded());
  v1::Run run;
  records.FillIn(&run);
  EXPECT_EQ(run.host_state_counts_size(), 3);
  EXPECT_EQ(run.omitted_bytes(), 5u);
}

TEST(RunRecordsTest, TimesAreFromTheFirstStateToTheEndAndNoneWithoutAStart) {
  RunRecords records(2);
  records.Note(Update(0, v1::HOST_STATE_CONNECTING), kNow);
  records.Note(Update(0, v1::HOST_STATE_SUCCEEDED), kNow + absl::Seconds(2));
  records.Note(Update(1, v1::HOST_STATE_NOT_STARTED), kNow);
  const v1::HostResult result = records.Result(0, v1::RunHost());
  EXPECT_EQ(result.start_time().seconds(), 100);
  EXPECT_EQ(result.end_time().seconds(), 102);
  EXPECT_FALSE(records.Result(1, v1::RunHost()).has_start_time());
}

TEST(RunRecordsTest, AProbeThatFailedIsKept) {
  RunRecords records(1);
  v1::HostOutcome outcome;
  outcome.set_state(v1::HOST_STATE_EXITED_NONZERO);
  EXPECT_EQ(records.probe(0), nullptr);
  records.NoteProbe(0, outcome);
  EXPECT_TRUE(records.a_probe_failed());
  EXPECT_EQ(records.Result(0, v1::RunHost()).probe().state(), v1::HOST_STATE_EXITED_NONZERO);
}

}  // namespace
}  // namespace muster::service
