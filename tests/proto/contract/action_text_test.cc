#include "proto/contract/action_text.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(ActionTextTest, ACommandIsItsLineOrItsArguments) {
  v1::RunSpec spec;
  EXPECT_EQ(ActionText(spec), "");
  spec.mutable_command()->set_shell("uptime; date");
  EXPECT_EQ(ActionText(spec), "uptime; date");
  for (const char* argument : {"ls", "-l", "a b"}) {
    spec.mutable_command()->mutable_argv()->add_arguments(argument);
  }
  EXPECT_EQ(ActionText(spec), "ls -l a b");
}

}  // namespace
}  // namespace muster
