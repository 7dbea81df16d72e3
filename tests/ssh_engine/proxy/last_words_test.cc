#include "ssh_engine/proxy/last_words.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::engine {
namespace {

TEST(LastWordsTest, LinesAreJoinedAndPrintable) {
  LastWords words;
  EXPECT_EQ(words.Text(), "");
  words.Add("nc: no\r\n");
  words.Add(" route \x1b[2J\n\n");
  EXPECT_EQ(words.Text(), "nc: no route \\x1b[2J");
}

TEST(LastWordsTest, TheLastLinesAreKept) {
  LastWords words;
  for (int i = 0; i < 1000; ++i) words.Add("much ado\n");
  words.Add("the end\n");
  const std::string text = words.Text();
  EXPECT_LE(text.size(), LastWords::kMost);
  EXPECT_EQ(text.substr(0, 8), "much ado");
  EXPECT_EQ(text.substr(text.size() - 16), "much ado the end");
  LastWords line;
  line.Add(std::string(5000, 'x'));
  EXPECT_EQ(line.Text(), std::string(LastWords::kMost, 'x'));
}

}  // namespace
}  // namespace muster::engine
