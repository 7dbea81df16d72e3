// muster show.
#include "client/run_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

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
                           Result(4, v1::HOST_STATE_SUCCEEDED), probed}),
            "succeeded (2): web[2,4]\n"
            "running (1): web3\n"
            "succeeded; probe unreachable (1): web6\n"
            "unreachable (1): web1\n"
            "    no route\n");
}

TEST(RunTablesTest, APausedRunSaysHowItGoesOn) {
  v1::Run run;
  run.set_id("r1");
  run.set_state(v1::RUN_STATE_PAUSED);
  run.set_batch(2);
  run.set_batch_count(4);
  run.mutable_spec()->mutable_rollout()->add_batches("10%");
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

}  // namespace
}  // namespace muster::client
