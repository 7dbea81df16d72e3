// States on the command line.
#include "client/text/state_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/contract/states.h"

namespace muster::client {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(StateNamesTest, HostStates) {
  EXPECT_THAT(*ParseHostStates(""), IsEmpty());
  EXPECT_THAT(*ParseHostStates("unknown,Not-Started"),
              ElementsAre(v1::HOST_STATE_OUTCOME_UNKNOWN, v1::HOST_STATE_NOT_STARTED));
  EXPECT_THAT(*ParseHostStates("failed"),
              AllOf(Contains(v1::HOST_STATE_EXITED_NONZERO), Contains(v1::HOST_STATE_SIGNALED),
                    Not(Contains(v1::HOST_STATE_UNREACHABLE))));
  EXPECT_THAT(*ParseHostStates("unreached"),
              AllOf(Contains(v1::HOST_STATE_UNREACHABLE), Not(Contains(v1::HOST_STATE_CANCELED))));
  for (const char* bad : {"x", "failed,", "unspecified"}) {
    EXPECT_THAT(std::string(ParseHostStates(bad).status().message()), HasSubstr("not_started"));
  }
}

// Whatever state comes next.
TEST(StateNamesTest, EveryEndIsOfAKind) {
  const google::protobuf::EnumDescriptor& states = *v1::HostState_descriptor();
  for (int i = 0; i < states.value_count(); ++i) {
    const auto state = static_cast<v1::HostState>(states.value(i)->number());
    EXPECT_EQ(EndKindOf(state).has_value(), IsTerminal(state)) << states.value(i)->name();
  }
}

TEST(StateNamesTest, RunStates) {
  EXPECT_THAT(*ParseRunStates("paused,canceled"),
              ElementsAre(v1::RUN_STATE_PAUSED, v1::RUN_STATE_CANCELED));
  EXPECT_THAT(std::string(ParseRunStates("done").status().message()), HasSubstr("succeeded"));
}

}  // namespace
}  // namespace muster::client
