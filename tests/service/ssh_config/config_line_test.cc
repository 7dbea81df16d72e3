#include "service/ssh_config/config_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace muster::service {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ConfigLineTest, KeywordAndArguments) {
  for (const char* line :
       {"Port 22", "port=22", "  PORT = 22\r", "\tPort\t22 # why", "\"Port\" 22"}) {
    const auto split = SplitConfigLine(line);
    ASSERT_TRUE(split.ok()) << line;
    EXPECT_EQ(split->keyword, "port") << line;
    EXPECT_THAT(split->arguments, ElementsAre("22")) << line;
  }
}

TEST(ConfigLineTest, BlankLinesAndCommentsAreNothing) {
  for (const char* line : {"", "   ", "# Port 22", "\t#x", "\r"}) {
    ASSERT_TRUE(SplitConfigLine(line).ok()) << line;
    EXPECT_THAT(SplitConfigLine(line)->keyword, IsEmpty()) << line;
  }
}

TEST(ConfigLineTest, QuotesAndEscapesAsInAShell) {
  EXPECT_THAT(SplitConfigLine(R"(SetEnv "A=b c" 'D="e"' f\ g h\x \"i)")->arguments,
              ElementsAre("A=b c", "D=\"e\"", "f g", R"(h\x)", "\"i"));
}

TEST(ConfigLineTest, WhatFollowsTheKeywordIsKeptAsItIs) {
  EXPECT_EQ(SplitConfigLine("ProxyCommand = nc  %h '%p' # x ")->rest, "nc  %h '%p' # x");
}

TEST(ConfigLineTest, WhatIsIncompleteIsRefused) {
  EXPECT_THAT(SplitConfigLine("Port").status().message(), HasSubstr("has no argument"));
  EXPECT_THAT(SplitConfigLine("Host \"a b").status().message(), HasSubstr("does not end"));
}

TEST(ConfigLineTest, WordsOfMatchMayBeSeparatedByOneEqualsSign) {
  absl::optional<std::string> rest = std::string("host=a user = \"b c\" x");
  for (const char* word : {"host", "a", "user", "b c", "x"}) EXPECT_EQ(NextWord(&rest), word);
  EXPECT_FALSE(NextWord(&rest).has_value());
}

}  // namespace
}  // namespace muster::service
