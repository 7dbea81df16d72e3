#include "service/ssh_config/patterns.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::service {
namespace {

TEST(PatternsTest, StarsAndQuestionMarks) {
  EXPECT_TRUE(MatchesPattern("web12", "web*"));
  EXPECT_TRUE(MatchesPattern("web12", "*1?"));
  EXPECT_TRUE(MatchesPattern("", "**"));
  EXPECT_TRUE(MatchesPattern("a.b.c", "*.*.c"));
  EXPECT_FALSE(MatchesPattern("web", "web?"));
  EXPECT_FALSE(MatchesPattern("web", "WEB"));
  EXPECT_FALSE(MatchesPattern("", "?"));
}

TEST(PatternsTest, ManyStarsTakeNoTime) {
  std::string pattern, text(10'000, 'a');
  for (int i = 0; i < 1000; ++i) pattern += "*a";
  EXPECT_FALSE(MatchesPattern(text, pattern + "b"));
}

TEST(PatternsTest, OneThatIsNegatedKeepsAllOut) {
  EXPECT_TRUE(MatchesList("web1", "db*,web*", false));
  EXPECT_FALSE(MatchesList("web1", "web*,!web1", false));
  EXPECT_FALSE(MatchesList("web1", "!db", false)) << "something has to match";
  EXPECT_FALSE(MatchesList("", "", false));
}

TEST(PatternsTest, PatternsInLowerCaseWhereThatIsAskedFor) {
  EXPECT_TRUE(MatchesList("web1", "WEB*", true));
  EXPECT_FALSE(MatchesList("web1", "WEB*", false));
}

}  // namespace
}  // namespace muster::service
