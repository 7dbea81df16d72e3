#include "client/text/columns.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

TEST(ColumnsTest, CountsColumnsOfATerminal) {
  EXPECT_EQ(ColumnsOf("plain"), 5u);
  EXPECT_EQ(ColumnsOf("gr\xc3\xbc\xc3\x9f"), 4u);
  EXPECT_EQ(ColumnsOf("\xe4\xb8\x96\xe7\x95\x8c"), 4u);  // two wide characters
  EXPECT_EQ(ColumnsOf("\xf0\x9f\x8e\x89"), 2u);          // an emoji
  EXPECT_EQ(ColumnsOf("e\xcc\x81"), 1u);                 // a combining accent
}

TEST(ColumnsTest, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(CutToColumns("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToColumns("abcdefg", 6), "abc...");
  EXPECT_EQ(CutToColumns("\xe4\xb8\x96\xe7\x95\x8c!", 4), "...");
  EXPECT_EQ(CutToColumns("abcdef", 2), "ab");
}

TEST(ColumnsTest, WrapsAtWords) {
  EXPECT_EQ(WrapWords("one two three", 2, 9), "  one two\n  three\n");
  EXPECT_EQ(WrapWords("one two three", 2, 0), "  one two three\n");
  EXPECT_EQ(WrapWords("    one two", 2, 10), "      one\n  two\n");  // as below a caret
  EXPECT_EQ(WrapWords("    ^", 2, 80), "      ^\n");
  EXPECT_EQ(WrapWords("a-word-that-is-long b", 0, 5), "a-word-that-is-long\nb\n");
}

}  // namespace
}  // namespace muster::client
