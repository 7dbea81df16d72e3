#include "service/journal/journal_pace.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

class JournalPaceTest : public testing::Test {
 protected:
  using Time = JournalPace::Time;

  // From the beginning of the test.
  milliseconds Due() const {
    return std::chrono::duration_cast<milliseconds>(pace_.due() - start_);
  }
  // One that takes so long, all of it on the processor.
  void Turn(nanoseconds spent) {
    pace_.Begin(now_);
    now_ += spent;
    pace_.End(now_, spent);
  }

  int TurnsInASecond(nanoseconds each) {
    int turns = 0;
    for (const Time end = now_ + seconds(1); now_ < end; now_ = pace_.due()) {
      Turn(each);
      ++turns;
      pace_.AskAt(now_);
    }
    return turns;
  }

  const Time start_ = Time(seconds(1000));
  Time now_ = start_;
  JournalPace pace_{start_};
};

TEST_F(JournalPaceTest, ThereIsNothingToDoAtFirst) { EXPECT_EQ(pace_.due(), Time::max()); }

TEST_F(JournalPaceTest, AfterAQuietTimeWhatIsUrgentIsDueAtOnceAndTheRestSoon) {
  EXPECT_TRUE(pace_.Ask(now_));
  EXPECT_EQ(Due(), milliseconds(10));
  EXPECT_FALSE(pace_.Ask(now_ + milliseconds(5)));
  EXPECT_EQ(Due(), milliseconds(10));
  EXPECT_TRUE(pace_.AskAt(now_ + milliseconds(7)));
  EXPECT_EQ(Due(), milliseconds(7));
}

TEST_F(JournalPaceTest, ATurnAnswersAllThatWasAsked) {
  pace_.AskAt(now_);
  Turn(microseconds(100));
  EXPECT_EQ(pace_.due(), Time::max());
}

// While much goes on, what nobody waits for is written in some distance from the last turn.
TEST_F(JournalPaceTest, ShortlyAfterATurnTheRestWaitsLonger) {
  Turn(microseconds(0));
  now_ += milliseconds(2);
  pace_.Ask(now_);
  EXPECT_EQ(Due(), milliseconds(75));
  pace_.AskAt(now_);
  EXPECT_EQ(Due(), milliseconds(2));
  Turn(microseconds(0));
  now_ += milliseconds(100);
  pace_.Ask(now_);
  EXPECT_EQ(Due(), milliseconds(112));
}

TEST_F(JournalPaceTest, ShortTurnsFollowEachOtherAtOnce) {
  now_ += milliseconds(100);
  for (int i = 0; i < 9; ++i) {
    Turn(microseconds(100));
    pace_.AskAt(now_);
    EXPECT_EQ(pace_.due(), now_);
  }
}

// No more than a quarter of a core's time; but nobody waits for a turn longer than three
// milliseconds.
TEST_F(JournalPaceTest, UnderLoadTurnsArePaused) {
  EXPECT_NEAR(TurnsInASecond(microseconds(250)), 1000, 5);
  EXPECT_NEAR(TurnsInASecond(microseconds(500)), 500, 5);
  EXPECT_NEAR(TurnsInASecond(milliseconds(2)), 333, 5);
}

TEST_F(JournalPaceTest, AFailureIsTriedAgainAfterASecondWhateverIsAsked) {
  pace_.Begin(now_);
  pace_.AskAt(now_);
  now_ += milliseconds(5);
  pace_.Fail(now_);
  EXPECT_EQ(Due(), milliseconds(1005));
  pace_.AskAt(now_ + milliseconds(10));
  EXPECT_EQ(Due(), milliseconds(1005));
}

}  // namespace
}  // namespace muster::service
