#include "proto/contract/states.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(StatesTest, From64OnAllAreTerminalAlsoThoseToCome) {
  EXPECT_TRUE(IsTerminal(v1::HOST_STATE_SUCCEEDED));
  EXPECT_TRUE(IsTerminal(static_cast<v1::HostState>(99)));
  EXPECT_TRUE(IsTerminal(v1::RUN_STATE_SUCCEEDED));
  EXPECT_TRUE(IsTerminal(static_cast<v1::RunState>(99)));
  EXPECT_FALSE(IsTerminal(v1::HOST_STATE_RUNNING));
  EXPECT_FALSE(IsTerminal(static_cast<v1::HostState>(63)));
  EXPECT_FALSE(IsTerminal(v1::RUN_STATE_STOPPING));
  EXPECT_FALSE(IsTerminal(static_cast<v1::RunState>(63)));
}

// What the numbers leave room for.
TEST(StatesTest, EveryStateOfTheContractIsWhereItBelongs) {
  const auto check = [](const google::protobuf::EnumDescriptor& states, const char* first_end) {
    bool ends = false;
    for (int i = 0; i < states.value_count(); ++i) {
      ends = ends || states.value(i)->name() == first_end;
      EXPECT_EQ(states.value(i)->number() >= kFirstTerminalState, ends) << states.value(i)->name();
    }
  };
  check(*v1::HostState_descriptor(), "HOST_STATE_SUCCEEDED");
  check(*v1::RunState_descriptor(), "RUN_STATE_SUCCEEDED");
}

}  // namespace
}  // namespace muster
