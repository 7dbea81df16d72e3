#include "service/prepare/match_exec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"

namespace muster::service {
namespace {

using ::testing::HasSubstr;

class MatchExecTest : public ::testing::Test {
 protected:
  MatchExecTest() { exec_.SetQuery({"web1", {}, {}}); }
  std::string Why(const std::string& command) {
    return std::string(exec_.Run(command).status().message());
  }

  MatchExec exec_{"/run/agent", {}};
};

TEST_F(MatchExecTest, ItsStatusDecides) {
  EXPECT_TRUE(*exec_.Run("true"));
  EXPECT_FALSE(*exec_.Run("false"));
  EXPECT_FALSE(*exec_.Run("no-such-program 2>/dev/null"));
  EXPECT_TRUE(*exec_.Run("test \"$SSH_AUTH_SOCK\" = /run/agent"));
  EXPECT_TRUE(*exec_.Run("sh -c 'yes | head -c 1000000'"));  // which nobody reads
  EXPECT_TRUE(*exec_.Run("sh -c 'test -z \"$(cat)\"'"));
}

TEST_F(MatchExecTest, EachIsRunOnce) {
  const std::string file = absl::StrCat(::testing::TempDir(), "/match_exec_runs");
  std::ofstream(file, std::ios::trunc);
  const std::string command = absl::StrCat("sh -c 'echo run >> ", file, "'");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(*exec_.Run(command));
  std::ifstream runs(file);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(runs), {}), "run\n");
}

TEST_F(MatchExecTest, WhatTakesTooLongIsKilledAndTheRunHasALimit) {
  exec_ = MatchExec("", {absl::Milliseconds(100), absl::Milliseconds(300)});
  exec_.SetQuery({"web1", {}, {}});
  EXPECT_THAT(Why("sleep 100"), HasSubstr("Match exec \"sleep 100\" did not end within"));
  for (int i = 1; i <= 3; ++i) Why(absl::StrCat("sleep ", 100 + i));
  EXPECT_THAT(Why("true"), HasSubstr("was not run: those of other hosts have taken 300ms"));
}

TEST_F(MatchExecTest, ASignalIsNoAnswer) {
  EXPECT_THAT(Why("sh -c 'kill -9 $$'"), HasSubstr("was ended by a signal"));
}

TEST_F(MatchExecTest, NamesThatAShellCouldMisreadAreRefused) {
  exec_.SetQuery({"web1;reboot", {}, {}});
  EXPECT_THAT(Why("true"), HasSubstr("characters of the shell's"));
}

}  // namespace
}  // namespace muster::service
