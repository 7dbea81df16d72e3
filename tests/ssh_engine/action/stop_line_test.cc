#include "ssh_engine/action/stop_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::engine {
namespace {

using ::testing::HasSubstr;

// csh reads exclamation marks within quotes, fish backslashes.
TEST(StopLineTest, AnyLoginShellTakesIt) {
  std::string line = StopLine(absl::Seconds(2));
  const size_t open = line.find('\'');
  ASSERT_EQ(line.back(), '\'');
  EXPECT_EQ(line.substr(0, open), "exec /bin/sh -c ");
  EXPECT_EQ(line.substr(open + 1, line.size() - open - 2).find_first_of("'\\!\n"), line.npos);
}

TEST(StopLineTest, HasTheGraceTime) {
  EXPECT_THAT(StopLine(absl::Milliseconds(1500)), HasSubstr("-ge 150 ]; then g=KILL"));
}

TEST(StopReportTest, NothingMeansThatNothingWasHeard) {
  EXPECT_FALSE(ReadStopReport("").heard);
  EXPECT_FALSE(ReadStopReport("muster-stop 1").heard);  // not a whole line
}

TEST(StopReportTest, WhatStartUpFilesWriteComesBefore) {
  EXPECT_TRUE(ReadStopReport("welcome\nmuster-stop 1\n").heard);
}

TEST(StopReportTest, AnEchoOfTheLineIsNoReport) {
  EXPECT_FALSE(ReadStopReport("refused: " + StopLine(absl::Seconds(2)) + "\n").heard);
}

TEST(StopReportTest, AllHaveEnded) {
  const StopReport report = ReadStopReport("muster-stop 3\nover 0 0\n");
  EXPECT_TRUE(report.finished);
  EXPECT_TRUE(report.all_ended());
}

TEST(StopReportTest, WhatDidNotFinishProvesNothing) {
  EXPECT_FALSE(ReadStopReport("muster-stop 3\n").all_ended());
  EXPECT_FALSE(ReadStopReport("muster-stop 3\nover 0\n").all_ended());
}

TEST(StopReportTest, WhatFoundNothingProvesNothing) {
  EXPECT_FALSE(ReadStopReport("muster-stop 0\nover 0 0\n").all_ended());
}

TEST(StopReportTest, WhatIsHiddenMayStillRun) {
  EXPECT_FALSE(ReadStopReport("muster-stop 1\nover 0 0\nhidden\n").all_ended());
}

TEST(StopReportTest, NamesWhatIsLeft) {
  const StopReport report = ReadStopReport(
      "muster-stop 3\nover 2 1\nleft 12 sleep\nleft 13 my \033prog\nstrayed 99 agent\n");
  EXPECT_FALSE(report.all_ended());
  EXPECT_EQ(report.left, 2);
  EXPECT_EQ(report.left_names, "12 (sleep), 13 (my \\x1bprog)");
  EXPECT_EQ(report.strayed, 1);
  EXPECT_EQ(report.strayed_names, "99 (agent)");
}

}  // namespace
}  // namespace muster::engine
