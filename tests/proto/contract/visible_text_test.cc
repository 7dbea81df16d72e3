#include "proto/contract/visible_text.h"

#include <gtest/gtest.h>

#include <vector>

namespace muster {
namespace {

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

struct Unseen {
  const char* text;
  const char* shown;
};

TEST(VisibleTextTest, ShowsWhatCannotBeSeen) {
  const Unseen kTable[] = {
      {"\xc2\x80", "<U+0080>"},           // the first C1 control
      {"\xc2\x85", "<U+0085>"},           // next line
      {"\xc2\x9b", "<U+009B>"},           // CSI, as ESC [
      {"\xc2\x9d", "<U+009D>"},           // OSC: a terminal's title, its clipboard
      {"\xc2\x9f", "<U+009F>"},           // the last
      {"\xc2\xad", "<U+00AD>"},           // soft hyphen
      {"\xd8\x9c", "<U+061C>"},           // Arabic letter mark
      {"\xe2\x80\x8b", "<U+200B>"},       // zero width space
      {"\xe2\x80\x8e", "<U+200E>"},       // left-to-right mark
      {"\xe2\x80\x8f", "<U+200F>"},       // right-to-left mark
      {"\xe2\x80\xa8", "<U+2028>"},       // line separator
      {"\xe2\x80\xa9", "<U+2029>"},       // paragraph separator
      {"\xe2\x80\xaa", "<U+202A>"},       // left-to-right embedding
      {"\xe2\x80\xae", "<U+202E>"},       // right-to-left override
      {"\xe2\x81\xa0", "<U+2060>"},       // word joiner
      {"\xe2\x81\xa6", "<U+2066>"},       // left-to-right isolate
      {"\xe2\x81\xa9", "<U+2069>"},       // pop isolate
      {"\xe3\x85\xa4", "<U+3164>"},       // Hangul filler
      {"\xef\xbb\xbf", "<U+FEFF>"},       // byte order mark
      {"\xef\xbf\xb9", "<U+FFF9>"},       // interlinear annotation
      {"\xef\xbf\xbf", "<U+FFFF>"},       // no character
      {"\xf3\xa0\x80\xa1", "<U+E0021>"},  // a tag
      {"\xf3\xa0\x84\x80", "<U+E0100>"},  // a selector that hides data
  };
  for (const Unseen& unseen : kTable) {
    EXPECT_EQ(Visible(std::string("a") + unseen.text + "b"), std::string("a") + unseen.shown + "b");
  }
}

// Beside those of the table.
TEST(VisibleTextTest, LeavesWhatIsSeenAlone) {
  for (const char* text : {"\xc2\xa0", "\xc2\xae", "\xe2\x80\x8c", "\xe2\x80\x8d", "\xe2\x80\xa7",
                           "\xe2\x80\xaf", "\xef\xb8\x8f", "\xef\xbf\xbd", "\xf0\x9f\x91\xa9"}) {
    EXPECT_EQ(Visible(text), text);
  }
}

TEST(VisibleTextTest, NamesAreBounded) {
  EXPECT_EQ(Visible("abcdef", 6), "abcdef");
  EXPECT_EQ(Visible("abcdef", 4), "abcd... (2 bytes more)");
  EXPECT_EQ(Visible("ab\xc3\xa4", 3), "ab... (2 bytes more)");  // never within a character
  EXPECT_EQ(Visible("\x80\x80\x80\x80\x80\x80", 5), "<80><80>... (4 bytes more)");
  EXPECT_EQ(Visible("one\ntwo"), "one^Jtwo");
  EXPECT_LT(Visible(std::string(1 << 20, '\x01')).size(), 3 * kMaxVisibleBytes);
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

std::string JsonOf(absl::string_view text) {
  std::string json = "[";
  return AppendJsonString(text, &json) ? json + "]" : json;
}

TEST(VisibleTextTest, JsonStringsHoldTheTextAndHideNothing) {
  EXPECT_EQ(JsonOf("a \"b\" c:\\ \xc3\xa4"), "[\"a \\\"b\\\" c:\\\\ \xc3\xa4\"]");
  EXPECT_EQ(JsonOf("\t\n\x1b\x7f"), "[\"\\u0009\\u000a\\u001b\\u007f\"]");
  EXPECT_EQ(JsonOf("\xc2\x9b\xe2\x80\xae"), "[\"\\u009b\\u202e\"]");
  EXPECT_EQ(JsonOf("\xf3\xa0\x80\xa1"), "[\"\\udb40\\udc21\"]");
  EXPECT_EQ(JsonOf("no UTF-8: \xff"), "[");  // nothing is left behind
  EXPECT_EQ(VisibleJson("{\"a\\n\":\"\xe2\x81\xa6\"}"), "{\"a\\n\":\"\\u2066\"}");
}

TEST(VisibleTextTest, LinesKeepTheirEnds) {
  std::string shown;
  AppendVisibleLines("one\r\ntwo\x1b\n", &shown);
  EXPECT_EQ(shown, "one^M\ntwo^[\n");
}

}  // namespace
}  // namespace muster
