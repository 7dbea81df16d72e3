#include "tests/sim/command.h"

#include <gtest/gtest.h>

#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::sim {
namespace {

using Next = Command::Next;

// A command and a channel that takes whatever there is.
class CommandTest : public testing::Test {
 protected:
  void Start(absl::string_view text, uint64_t bytes_per_second = 0) {
    command_ = std::make_unique<Command>(&loop_, ParseCommand(text, *ParseAddress("127.1.0.1")),
                                         bytes_per_second, [this] { Pump(); });
    Pump();
  }

  void Pump() {
    for (;;) {
      next_ = command_->Advance();
      if (next_ != Next::kOutput) return;
      command_->TakeOutput(1000, command_->to_stderr() ? &err_ : &out_);
    }
  }

  bool ended() const { return next_ == Next::kEnd; }
  const CommandEnd& end() const { return command_->end(); }

  engine::SimulatedLoop loop_;
  std::unique_ptr<Command> command_;
  Next next_ = Next::kWait;
  std::string out_;
  std::string err_;
};

TEST_F(CommandTest, EndsWithZeroAfterItsOutput) {
  Start("out 5000; err 100");
  EXPECT_TRUE(ended());
  EXPECT_EQ(end().how, CommandEnd::How::kExit);
  EXPECT_EQ(end().code, 0);
  EXPECT_EQ(out_.size(), 5000);
  EXPECT_EQ(err_.size(), 100);
}

TEST_F(CommandTest, ExitCodes) {
  Start("exit 3; out 10");
  EXPECT_EQ(end().code, 3);
  EXPECT_EQ(out_, "");
  Start("what; exit");
  EXPECT_EQ(end().code, 127);
  Start("false; true");
  EXPECT_EQ(end().code, 0);
}

TEST_F(CommandTest, SleepsBetweenOutputs) {
  Start("out 64; sleep 100; sleep 50; out 64");
  EXPECT_EQ(out_.size(), 64);
  loop_.Advance(absl::Milliseconds(149));
  EXPECT_EQ(out_.size(), 64);
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(out_.size(), 128);
  EXPECT_TRUE(ended());
}

TEST_F(CommandTest, APumpWhileItSleepsWakesNothing) {
  Start("sleep 100; out 64");
  Pump();
  EXPECT_EQ(out_, "");
  EXPECT_EQ(loop_.armed_timers(), 1);
}

TEST_F(CommandTest, Drips) {
  Start("drip 64 100 3");
  EXPECT_EQ(out_.size(), 64);
  loop_.Advance(absl::Milliseconds(99));
  EXPECT_EQ(out_.size(), 64);
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(out_.size(), 128);
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(out_.size(), 192);
  EXPECT_TRUE(ended());
}

TEST_F(CommandTest, KeepsToItsRate) {
  Start("out 10000", 5000);
  EXPECT_LE(out_.size(), 50);
  loop_.Advance(absl::Seconds(1));
  EXPECT_NEAR(out_.size(), 5000, 50);
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Seconds(1));
  EXPECT_TRUE(ended());
  EXPECT_EQ(out_.size(), 10'000);
}

TEST_F(CommandTest, KeepsToASlowRate) {
  Start("out 10", 2);
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(out_.size(), 5);  // one at once, then two a second
}

TEST_F(CommandTest, HangsUntilASignalEndsIt) {
  Start("out 10; hang; out 10");
  loop_.Advance(absl::Hours(10));
  EXPECT_FALSE(ended());
  command_->Signal("TERM");
  Pump();
  EXPECT_TRUE(ended());
  EXPECT_EQ(end().how, CommandEnd::How::kSignal);
  EXPECT_EQ(end().signal, "TERM");
  EXPECT_EQ(out_.size(), 10);
}

TEST_F(CommandTest, OtherEnds) {
  Start("signal KILL");
  EXPECT_EQ(end().signal, "KILL");
  Start("close");
  EXPECT_EQ(end().how, CommandEnd::How::kClose);
  Start("drop");
  EXPECT_EQ(end().how, CommandEnd::How::kDrop);
}

}  // namespace
}  // namespace muster::sim
