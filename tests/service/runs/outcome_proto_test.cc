#include "service/runs/outcome_proto.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

TEST(OutcomeProtoTest, StatesHaveTheSameNumbersAndNames) {
  for (int state = 1; state < v1::HostState_ARRAYSIZE; ++state) {
    if (!v1::HostState_IsValid(state)) continue;
    EXPECT_EQ(
        v1::HostState_Name(static_cast<v1::HostState>(state)),
        absl::StrCat("HOST_STATE_", engine::HostStateName(static_cast<engine::HostState>(state))));
  }
}

TEST(OutcomeProtoTest, CausesHaveTheSameNumbersAndNames) {
  for (int cause = 0; cause < v1::Cause_ARRAYSIZE; ++cause) {
    if (!v1::Cause_IsValid(cause)) continue;
    EXPECT_EQ(v1::Cause_Name(static_cast<v1::Cause>(cause)),
              absl::StrCat("CAUSE_", engine::CauseName(static_cast<engine::Cause>(cause))));
  }
}

TEST(OutcomeProtoTest, AnOutcomeComesThroughWhole) {
  engine::HostOutcome outcome;
  outcome.state = engine::HostState::kSignaled;
  outcome.cause = engine::Cause::kDaemonLost;
  outcome.exit_code = 3;
  outcome.signal = "KILL";
  outcome.core_dumped = true;
  outcome.cancel_confirmed = true;
  outcome.message = "why";
  outcome.attempts = 2;
  outcome.warm_session = true;
  outcome.exit_reported = true;
  outcome.timings.started = absl::Milliseconds(7);
  const v1::HostOutcome proto = ProtoOf(outcome);
  EXPECT_EQ(proto.state(), v1::HOST_STATE_SIGNALED);
  EXPECT_EQ(proto.cause(), v1::CAUSE_DAEMON_LOST);
  EXPECT_EQ(proto.exit_code(), 3);
  EXPECT_EQ(proto.exit_status(), 3u);
  EXPECT_EQ(proto.signal(), "KILL");
  EXPECT_TRUE(proto.core_dumped() && proto.end_confirmed() && proto.warm_session() &&
              proto.exit_reported());
  EXPECT_EQ(proto.message(), "why");
  EXPECT_EQ(proto.attempts(), 2u);
  EXPECT_EQ(proto.timings().started_us(), 7000u);
}

TEST(OutcomeProtoTest, AnExitCodeThatIsNoIntIsNeitherNegativeNorLost) {
  engine::HostOutcome outcome;
  outcome.state = engine::HostState::kExitedNonzero;
  outcome.exit_code = 4294967295;
  EXPECT_EQ(ProtoOf(outcome).exit_code(), 2147483647);
  EXPECT_EQ(ProtoOf(outcome).exit_status(), 4294967295);
  outcome.exit_code = 2147483647;
  EXPECT_EQ(ProtoOf(outcome).exit_code(), 2147483647);
  EXPECT_EQ(ProtoOf(outcome).exit_status(), 2147483647u);
}

}  // namespace
}  // namespace muster::service
