#include "proto/contract/secret_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace muster {
namespace {

using ::testing::HasSubstr;

std::string Problem(const std::string& line) {
  return std::string(ReadFromCommand(line).status().message());
}

TEST(SecretCommandTest, ItsFirstLine) {
  EXPECT_EQ(ReadFromCommand("printf 'one\\r\\ntwo\\n'").value(), "one");
  EXPECT_EQ(ReadFromCommand("printf ' without an end'").value(), " without an end");
}

TEST(SecretCommandTest, ReadsNothing) { EXPECT_EQ(ReadFromCommand("cat; echo a").value(), "a"); }

TEST(SecretCommandTest, WhatGoesWrongIsTold) {
  EXPECT_EQ(Problem("echo a; exit 3"), "it ended with exit code 3");
  EXPECT_EQ(Problem("echo a; kill -9 $$"), "it was ended by signal 9");
  EXPECT_EQ(Problem("true"), "its first line is empty");
  EXPECT_EQ(Problem("head -c 5000 /dev/zero | tr '\\0' a"),
            "its first line has more than 4096 bytes");
  EXPECT_THAT(Problem("/no/such/program 2>/dev/null"), HasSubstr("exit code 127"));
}

TEST(SecretCommandTest, OneThatTakesTooLongIsKilled) {
  const absl::Status late = ReadFromCommand("exec sleep 1000", absl::Milliseconds(50)).status();
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(late.message()), HasSubstr("longer than 50ms, and was killed"));
}

}  // namespace
}  // namespace muster
