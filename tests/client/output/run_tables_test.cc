// muster show.
#include "client/output/run_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::HostResult Result(uint32_t index, v1::HostState state, const std::string& message = "") {
  v1::HostResult result;
  result.set_host_index(index);
  result.mutable_host()->set_name("web" + std::to_string(index));
  result.set_state(state);
  if (state >= v1::HOST_STATE_SUCCEEDED) result.mutable_outcome()->set_state(state);
  result.mutable_outcome()->set_message(message);
  return result;
}

TEST(RunTablesTest, HostsThatStandAlikeAreShownTogetherTheMostFirst) {
  v1::HostResult probed = Result(6, v1::HOST_STATE_SUCCEEDED);
  probed.mutable_probe()->set_state(v1::HOST_STATE_UNREACHABLE);
  EXPECT_EQ(OutcomeGroups({Result(1, v1::HOST_STATE_UNREACHABLE, "no route"),
                           Result(2, v1::HOST_STATE_SUCCEEDED), Result(3, v1::HOST_STATE_RUNNING),
                           Result(4, v1::HOST_STATE_SUCCEEDED), probed},
                          0),
            "succeeded (2): web[2,4]\n"
            "running (1): web3\n"
            "succeeded; probe unreachable (1): web6\n"
            "unreachable (1): web1\n"
            "    no route\n");
}

TEST(RunTablesTest, RunsFitTheirColumns) {
  std::vector<v1::Run> runs(2);
  runs[0].set_id("1m8a2b3c4d5e");
  runs[0].set_state(v1::RUN_STATE_SUCCEEDED);
  runs[0].set_host_count(10'000);
  runs[0].mutable_spec()->mutable_command()->set_shell("echo " + std::string(100, 'x') + "\x1b");
  runs[1].set_id("1m8\n");
  runs[1].set_state(v1::RUN_STATE_RUNNING);
  runs[1].mutable_create_time()->set_seconds(1'700'000'000);
  const std::string table =
      RunsTable(runs, 80, absl::FromUnixSeconds(1'700'000'050), absl::UTCTimeZone());
  const std::vector<std::string> lines = absl::StrSplit(table, '\n');
  ASSERT_EQ(lines.size(), 4u);  // the last is empty
  EXPECT_THAT(lines[0], StartsWith("RUN           STATE      OK/HOSTS  STARTED"));
  EXPECT_EQ(lines[1].size(), 80u);
  EXPECT_THAT(lines[1], EndsWith("x..."));
  EXPECT_THAT(lines[2], StartsWith("1m8^J"));
  EXPECT_THAT(lines[2], HasSubstr("  11-14 22:13:20"));
}

TEST(RunTablesTest, StatesHaveTheWordsOfOutcomes) {
  v1::Run run;
  v1::HostStateCount* const count = run.add_host_state_counts();
  count->set_state(v1::HOST_STATE_AUTHENTICATION_FAILED);
  count->set_hosts(2);
  EXPECT_THAT(RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone()),
              HasSubstr(", 2 login refused\n"));
}

TEST(RunTablesTest, APausedRunSaysHowItGoesOn) {
  v1::Run run;
  run.set_id("r1");
  run.set_state(v1::RUN_STATE_PAUSED);
  run.set_batch(2);
  run.set_batch_count(4);
  run.mutable_spec()->mutable_rollout()->add_batches()->set_percent(10);
  run.set_message("waits for confirmation");
  const std::string head = RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone());
  EXPECT_THAT(head, HasSubstr("batch    2 of 4 (10%)\n"));
  EXPECT_THAT(head, HasSubstr("muster resume r1"));
  EXPECT_THAT(head, HasSubstr("waits for confirmation"));
}

TEST(RunTablesTest, TheWayIsShownWhereThereIsOne) {
  v1::Run run;
  EXPECT_THAT(RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone()), Not(HasSubstr("jump")));
  run.mutable_spec()->mutable_login()->add_jump_hosts("ann@gate:2222");
  run.mutable_spec()->mutable_login()->add_jump_hosts("inner");
  EXPECT_THAT(RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone()),
              HasSubstr("jump     ann@gate:2222,inner\n"));
}

TEST(RunTablesTest, AnArtifactThatIsReadIsNamed) {
  v1::Run run;
  EXPECT_THAT(RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone()), Not(HasSubstr("input")));
  run.mutable_spec()->set_input(v1::RUN_INPUT_ARTIFACT);
  run.mutable_spec()->set_input_artifact("app-1.2.tar");
  EXPECT_THAT(RunHead(run, absl::UnixEpoch(), absl::UTCTimeZone()),
              HasSubstr("input    artifact app-1.2.tar\n"));
}

}  // namespace
}  // namespace muster::client
