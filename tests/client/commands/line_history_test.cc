#include "client/commands/line_history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace muster::client {
namespace {

using ::testing::ElementsAre;

class LineHistoryTest : public ::testing::Test {
 protected:
  LineHistoryTest() : path_(absl::StrCat(::testing::TempDir(), "/history.", getpid())) {
    unlink(path_.c_str());
  }
  ~LineHistoryTest() override { unlink(path_.c_str()); }
  struct stat Look() {
    struct stat file = {};
    EXPECT_EQ(stat(path_.c_str(), &file), 0);
    return file;
  }
  const std::string path_;
};

TEST_F(LineHistoryTest, IsItsUsersAlone) {
  EXPECT_THAT(ReadHistory(path_), ElementsAre());
  ASSERT_TRUE(AppendToHistory(path_, "uptime").ok());
  EXPECT_EQ(Look().st_mode & 0777, 0600u);
  chmod(path_.c_str(), 0644);
  ASSERT_TRUE(AppendToHistory(path_, "date").ok());
  EXPECT_EQ(Look().st_mode & 0777, 0600u);
  EXPECT_THAT(ReadHistory(path_), ElementsAre("uptime", "date"));
}

TEST_F(LineHistoryTest, DoesNotGrowWithoutAnEnd) {
  {
    std::ofstream file(path_);
    for (int i = 0; i < 30'000; ++i) file << "echo line " << i << "\n";
  }
  ASSERT_TRUE(AppendToHistory(path_, "the last").ok());
  EXPECT_LT(Look().st_size, 256 << 10);
  const std::vector<std::string> lines = ReadHistory(path_);
  ASSERT_EQ(lines.size(), kMostHistoryLines);
  EXPECT_EQ(lines[kMostHistoryLines - 2], "echo line 29999");
  EXPECT_EQ(lines.back(), "the last");
  EXPECT_EQ(lines.front().rfind("echo line ", 0), 0u);
}

TEST_F(LineHistoryTest, WhatIsNoFileIsLeftAlone) {
  ASSERT_EQ(symlink("/dev/null", path_.c_str()), 0);
  EXPECT_FALSE(AppendToHistory(path_, "uptime").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(AppendToHistory("/dev/null", "uptime")));
}

}  // namespace
}  // namespace muster::client
