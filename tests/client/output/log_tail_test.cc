#include "client/output/log_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LogTailTest : public ::testing::Test {
 protected:
  void Take(const std::string& data, bool split = false, uint32_t host = 0, bool err = false) {
    v1::Event event;
    event.mutable_output()->set_host_index(host);
    event.mutable_output()->set_data(data);
    event.mutable_output()->set_split(split);
    event.mutable_output()->set_stream(err ? v1::OUTPUT_STREAM_STDERR : v1::OUTPUT_STREAM_STDOUT);
    tail_.Take(event);
  }
  std::vector<std::string> TakeOut() {
    std::vector<std::string> texts;
    for (const v1::Event& event : tail_.TakeOut()) texts.push_back(event.output().data());
    return texts;
  }

  LogTail tail_{2, 1, false};
};

TEST_F(LogTailTest, TheLastLinesInTheOrderOfTheLog) {
  Take("d\n");
  EXPECT_FALSE(tail_.full());
  Take("a\nb\nc\n");
  EXPECT_TRUE(tail_.full());
  Take("z\n");
  EXPECT_THAT(TakeOut(), ElementsAre("c\n", "d\n"));
}

TEST_F(LogTailTest, EmptyLinesAndOneWithoutAnEndCount) {
  Take("a\n\nb");
  EXPECT_THAT(TakeOut(), ElementsAre("\nb"));
}

TEST_F(LogTailTest, ALineInPiecesIsOneAndIsWhole) {
  Take("cc\nd\n");
  EXPECT_FALSE(tail_.full());  // its first line may have begun before
  Take("bb", true);
  Take("x\naa", true);
  EXPECT_TRUE(tail_.full());
  EXPECT_THAT(TakeOut(), ElementsAre("aa", "bb", "cc\nd\n"));
}

TEST_F(LogTailTest, AnOlderLineThatEndedIsNoneOfIt) {
  Take("c\nd\n");
  Take("b\n");
  EXPECT_TRUE(tail_.full());
  EXPECT_THAT(TakeOut(), ElementsAre("c\nd\n"));
}

TEST_F(LogTailTest, BothStreamsCountAndAreJoinedEachByItself) {
  Take("out\n", false, 0, false);
  Take("err\n", false, 0, true);
  Take("old out\n", false, 0, false);
  EXPECT_FALSE(tail_.full());
  Take("long ", true, 0, true);
  Take("old err\n", false, 0, true);
  EXPECT_TRUE(tail_.full());
  EXPECT_THAT(TakeOut(), ElementsAre("long ", "err\n", "out\n"));
}

TEST_F(LogTailTest, TheBeginningOfALineThatIsStillBeingWrittenIsALine) {
  Take("b", true);
  Take("x\na\n");
  EXPECT_THAT(TakeOut(), ElementsAre("a\n", "b"));
}

TEST_F(LogTailTest, EachHostHasItsOwn) {
  tail_ = LogTail(1, 2, false);
  Take("a\nb\n", false, 0);
  Take("c\n", false, 0);
  EXPECT_FALSE(tail_.full());
  Take("d\ne\n", false, 1);
  EXPECT_TRUE(tail_.full());
  EXPECT_THAT(TakeOut(), ElementsAre("e\n", "b\n"));
}

TEST_F(LogTailTest, PiecesThatWereFoundAreLines) {
  tail_ = LogTail(2, 1, true);
  Take("b", true);
  Take("a\n");
  EXPECT_TRUE(tail_.full());
  EXPECT_THAT(TakeOut(), ElementsAre("a\n", "b\n"));
}

TEST_F(LogTailTest, OtherEventsAreNoOutput) {
  v1::Event event;
  event.mutable_host_finished()->set_host_index(0);
  tail_.Take(event);
  EXPECT_THAT(TakeOut(), IsEmpty());
}

}  // namespace
}  // namespace muster::client
