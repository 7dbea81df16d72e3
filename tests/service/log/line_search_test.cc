#include "service/log/line_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::service {
namespace {

using ::testing::HasSubstr;

std::string Find(absl::string_view pattern, bool regex, absl::string_view data) {
  const absl::StatusOr<LineSearch> search = LineSearch::Make(pattern, regex);
  return search.ok() ? search->Find(data).lines : std::string(search.status().message());
}

TEST(LineSearchTest, LinesWithTheTextAreKeptWhole) {
  EXPECT_EQ(Find("b.", false, "ab\nb.c\n\nxb.\nbc\n"), "b.c\nxb.\n");
  EXPECT_EQ(Find("z", false, "ab\n"), "");
  EXPECT_EQ(Find("a", false, ""), "");
}

TEST(LineSearchTest, AnExpressionSeesOneLineWithoutItsEnd) {
  EXPECT_EQ(Find("^b+$", true, "abb\nbb\nb\nc\n"), "bb\nb\n");
  EXPECT_EQ(Find("a\\sb", true, "a\nb\na b\n"), "a b\n");
  EXPECT_EQ(Find("^$", true, "a\n\nb\n"), "\n");
  EXPECT_EQ(Find("(?i)ERROR|gr.n", true, "no\nan error\ngr\xc3\xbcn\n"), "an error\ngr\xc3\xbcn\n");
}

TEST(LineSearchTest, BytesThatAreNoTextHideNothing) {
  const std::string data("\xff\0found\xfe\n\xff\n", 10);
  EXPECT_EQ(Find("found", false, data), data.substr(0, 8) + "\n");
  EXPECT_EQ(Find("fo+und", true, data), data.substr(0, 8) + "\n");
}

TEST(LineSearchTest, TheLastLineIsToldOf) {
  const LineSearch search = *LineSearch::Make("b", false);
  EXPECT_TRUE(search.Find("a\nb").last);
  EXPECT_TRUE(search.Find("a\nb\n").last);
  EXPECT_FALSE(search.Find("b\na").last);
  EXPECT_FALSE(search.Find("a").last);
}

TEST(LineSearchTest, WhatIsNoPatternIsRefused) {
  EXPECT_THAT(Find("a(", true, ""), HasSubstr("no expression of RE2: missing )"));
  EXPECT_EQ(Find("a(", false, "a(\n"), "a(\n");
  EXPECT_THAT(Find("", false, ""), HasSubstr("empty"));
  EXPECT_THAT(Find("a\nb", false, ""), HasSubstr("line break"));
  EXPECT_THAT(Find(std::string(1025, 'a'), false, ""), HasSubstr("1025 bytes; at most 1024"));
  EXPECT_THAT(Find("((a{100}){100}){10}", true, ""), HasSubstr("no expression of RE2"));
  EXPECT_THAT(Find("(\\pL{50}){10}", true, ""), HasSubstr("too large"));
}

}  // namespace
}  // namespace muster::service
