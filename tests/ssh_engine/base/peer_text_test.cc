#include "ssh_engine/base/peer_text.h"

#include <gtest/gtest.h>

namespace muster::engine {
namespace {

TEST(PeerTextTest, WhatCanBeShownIsLeftAsItIs) {
  EXPECT_EQ(PeerText("too many failures"), "too many failures");
  EXPECT_EQ(PeerText("\u00fc \u65e5 \U0001F600 \u05d0"), "\u00fc \u65e5 \U0001F600 \u05d0");
  EXPECT_EQ(PeerText(""), "");
}

TEST(PeerTextTest, WhatATerminalObeysIsEscaped) {
  EXPECT_EQ(PeerText("a\x1b[2Jb\r\n"), "a\\x1b[2Jb\\r\\n");
  EXPECT_EQ(PeerText("\u009b"), "\\xc2\\x9b");
  EXPECT_EQ(PeerText("\u202eabc"), "\\xe2\\x80\\xaeabc");
  EXPECT_EQ(PeerText("\u2028"), "\\xe2\\x80\\xa8");
  EXPECT_EQ(PeerText("\u2066"), "\\xe2\\x81\\xa6");
}

// A message with other bytes could not be sent to a client.
TEST(PeerTextTest, WhatIsNoUtf8IsEscaped) {
  EXPECT_EQ(PeerText("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(PeerText("a\xc3"), "a\\xc3");
  EXPECT_EQ(PeerText("\xc0\x80"), "\\xc0\\x80");
  EXPECT_EQ(PeerText("\xe0\x80\x80"), "\\xe0\\x80\\x80");
  EXPECT_EQ(PeerText("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(PeerText("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(PeerTextTest, WhatIsTooLongIsCutAndSaysSo) {
  EXPECT_EQ(PeerText("12345", 5), "12345");
  EXPECT_EQ(PeerText("123456", 5), "12345...");
  EXPECT_EQ(PeerText("1234\u00fc", 5), "1234\\xc3...");
}

}  // namespace
}  // namespace muster::engine
