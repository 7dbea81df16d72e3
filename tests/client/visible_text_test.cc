#include "client/visible_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster::client {
namespace {

std::string Visible(absl::string_view text) {
  std::string shown;
  AppendVisible(text, &shown);
  return shown;
}

TEST(VisibleTextTest, LeavesTextAlone) {
  for (const char* text : {"", "plain text", "tab\tstays", "grüße, 世界 🎉"}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(VisibleTextTest, ShowsControlCharacters) {
  EXPECT_EQ(Visible("\x1b[31m"), "^[[31m");
  EXPECT_EQ(Visible(absl::string_view("\0\r\n\x7f", 4)), "^@^M^J^?");
  EXPECT_EQ(Visible("\xc2\x9b"), "<U+009B>");
}

TEST(VisibleTextTest, ShowsWhatTurnsTheTextAround) {
  EXPECT_EQ(Visible("a\xe2\x80\xae"), "a<U+202E>");
  EXPECT_EQ(Visible("\xe2\x81\xa6"), "<U+2066>");
}

TEST(VisibleTextTest, ShowsWhatIsNoUtf8) {
  EXPECT_EQ(Visible("\xff"), "<FF>");
  EXPECT_EQ(Visible("a\xc3"), "a<C3>");                        // cut off
  EXPECT_EQ(Visible("\xc0\xaf"), "<C0><AF>");                  // longer than need be
  EXPECT_EQ(Visible("\xed\xa0\x80"), "<ED><A0><80>");          // a surrogate
  EXPECT_EQ(Visible("\xf4\x90\x80\x80"), "<F4><90><80><80>");  // past U+10FFFF
}

TEST(VisibleTextTest, NothingATerminalObeysComesThrough) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char bytes[] = {static_cast<char>(first), static_cast<char>(second)};
      for (const char c : Visible(absl::string_view(bytes, 2))) {
        const auto byte = static_cast<unsigned char>(c);
        ASSERT_TRUE((byte >= 0x20 && byte != 0x7f) || byte == '\t') << first << " " << second;
      }
    }
  }
}

TEST(VisibleTextTest, LinesKeepTheirEnds) {
  std::string shown;
  AppendVisibleLines("one\r\ntwo\x1b\n", &shown);
  EXPECT_EQ(shown, "one^M\ntwo^[\n");
}

}  // namespace
}  // namespace muster::client
