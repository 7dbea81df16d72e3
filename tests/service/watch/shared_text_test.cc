#include "service/watch/shared_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::service {
namespace {

class SharedTextTest : public testing::Test {
 protected:
  TextCursor Begin() { return TextCursor(beginning_); }

  TextBudget budget_{1000};
  std::shared_ptr<SharedText> beginning_ = std::make_shared<SharedText>(&budget_);
};

TEST_F(SharedTextTest, TheSameIsKeptOnce) {
  TextCursor a = Begin();
  TextCursor b = Begin();
  EXPECT_TRUE(a.Append("one\n"));
  EXPECT_TRUE(b.Append("one\ntwo\n"));
  EXPECT_EQ(a.text(), "one\n");
  EXPECT_EQ(b.text(), "one\ntwo\n");
  EXPECT_TRUE(a.Append("two\nthree\n"));
  EXPECT_EQ(a.text(), "one\ntwo\nthree\n");
  EXPECT_EQ(b.text(), "one\ntwo\n");
  EXPECT_EQ(budget_.used(), 14u);
}

TEST_F(SharedTextTest, WhoGoesAnotherWayForks) {
  TextCursor a = Begin();
  TextCursor b = Begin();
  TextCursor c = Begin();
  EXPECT_TRUE(a.Append("kernel 5\n"));
  EXPECT_TRUE(b.Append("kernel 6\n"));
  EXPECT_TRUE(c.Append("kernel 6\n"));
  EXPECT_EQ(a.text(), "kernel 5\n");
  EXPECT_EQ(b.text(), "kernel 6\n");
  EXPECT_EQ(c.text(), "kernel 6\n");
  EXPECT_EQ(budget_.used(), 18u);
  b = c = TextCursor();
  EXPECT_EQ(budget_.used(), 9u);
  TextCursor d = Begin();
  EXPECT_TRUE(d.Append("kernel 7\n"));
  EXPECT_EQ(d.text(), "kernel 7\n");
}

TEST_F(SharedTextTest, ManyThatAllDiffer) {
  std::vector<TextCursor> cursors;
  for (int i = 0; i < 50; ++i) {
    cursors.push_back(Begin());
    EXPECT_TRUE(cursors.back().Append("host " + std::to_string(i)));
  }
  for (int i = 0; i < 50; ++i) EXPECT_EQ(cursors[i].text(), "host " + std::to_string(i));
}

TEST_F(SharedTextTest, BeyondTheBudgetThereIsNoText) {
  TextCursor a = Begin();
  TextCursor b = Begin();
  EXPECT_TRUE(a.Append(std::string(900, 'a')));
  EXPECT_FALSE(b.Append(std::string(101, 'b')));
  EXPECT_FALSE(b.has_text());
  EXPECT_FALSE(b.Append("b"));
  EXPECT_FALSE(a.Append(std::string(101, 'a')));
  EXPECT_FALSE(a.has_text());
  EXPECT_EQ(budget_.used(), 900u);
  beginning_ = nullptr;
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(SharedTextTest, AForkThatHasNoRoomTakesNone) {
  TextCursor a = Begin();
  TextCursor b = Begin();
  EXPECT_TRUE(a.Append(std::string(600, 'a')));
  EXPECT_FALSE(b.Append(std::string(599, 'a') + "b"));
  EXPECT_FALSE(b.has_text());
  EXPECT_EQ(budget_.used(), 600u);
}

}  // namespace
}  // namespace muster::service
