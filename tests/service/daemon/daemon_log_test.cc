#include "service/daemon/daemon_log.h"

#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>
#include <spdlog/details/log_msg.h>
#include <spdlog/spdlog.h>

#include <fstream>
#include <iterator>

namespace muster::service {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string Line(const std::string& payload) {
  const spdlog::details::log_msg message("musterd", spdlog::level::info, payload);
  spdlog::memory_buf_t line;
  NewLogFormatter()->format(message, line);
  return {line.data(), line.size()};
}

TEST(DaemonLogTest, AMessageIsOneLineWhateverACallerIsCalled) {
  const std::string line = Line(
      "run 1m8 of ci\n[2026-11-29 03:00:00.000] [musterd] [info] run 1m9 of root: started\x1b[2J");
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find("[musterd] [info] run 1m8 of ci^J[2026-11-29"), std::string::npos) << line;
  EXPECT_NE(line.find("started^[[2J\n"), std::string::npos) << line;
}

TEST(DaemonLogTest, AMessageIsBounded) {
  EXPECT_LT(Line(std::string(1 << 20, 'x')).size(), 17000u);
}

// What was logged at `level` of a message that is none.
std::string LogOfMalformed(const std::string& level) {
  const std::string path = ::testing::TempDir() + "/log-" + level;
  EXPECT_TRUE(StartLog(path, level).ok());
  spdlog::warn("begun");
  google::protobuf::Value value;
  EXPECT_FALSE(value.ParseFromString("\x1a\x01\xff"));  // string_value, no UTF-8
  spdlog::default_logger()->flush();
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(DaemonLogTest, WhatProtobufSaysIsForDebugging) {
  ::testing::internal::CaptureStderr();
  EXPECT_THAT(LogOfMalformed("debug"), HasSubstr("[debug] protobuf: "));
  EXPECT_THAT(LogOfMalformed("info"), AllOf(HasSubstr("begun"), Not(HasSubstr("protobuf"))));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), Not(HasSubstr("libprotobuf")));
}

}  // namespace
}  // namespace muster::service
