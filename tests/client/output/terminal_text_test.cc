#include "client/output/terminal_text.h"

#include <gtest/gtest.h>

namespace muster::client {
namespace {

TEST(TerminalTextTest, AMessageIsVisibleAndItsLinesAreNoMessagesOfTheirOwn) {
  EXPECT_EQ(MessageText("no\x1b[2J", 0), "muster: no^[[2J\n");
  EXPECT_EQ(MessageText("one\nmuster: two", 0), "muster: one\n    muster: two\n");
}

TEST(TerminalTextTest, AMessageIsBrokenAtWords) {
  EXPECT_EQ(MessageText("the host muster: one is away", 24),
            "muster: the host\n    muster: one is away\n");
}

}  // namespace
}  // namespace muster::client
