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

TEST(ActionTextTest, AScriptIsItsNameAndItsArguments) {
  v1::RunSpec spec;
  v1::Script* const script = spec.mutable_command()->mutable_script();
  script->set_content("echo secret");
  script->set_name("deploy.sh");
  EXPECT_EQ(ActionText(spec), "script deploy.sh");
  script->add_arguments("--fast");
  script->add_arguments("a b");
  EXPECT_EQ(ActionText(spec), "script deploy.sh --fast a b");
}

}  // namespace
}  // namespace muster
