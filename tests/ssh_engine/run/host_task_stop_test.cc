#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// --- Stopping

TEST_F(HostTaskTest, TheLineComesBeforeAnySignal) {
  StartCommand();
  Cancel();
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("-ge 200 ]; then g=KILL")));
  LineSays("muster-stop 2\n");
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.signals, IsEmpty());
  EXPECT_FALSE(ended());
}

TEST_F(HostTaskTest, TheEndOfItsOwnProcessIsNotTheEndOfTheCommand) {
  StartCommand();
  Cancel();
  LineSays("muster-stop 2\n");
  Exit(0);
  EXPECT_FALSE(ended());
  LineEnds("over 1 0\nleft 77 sleep\n");
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("KILL did not end 77 (sleep)"));
}

TEST_F(HostTaskTest, WhatTheLineSawEndIsConfirmed) {
  StartCommand();
  Cancel();
  LineEnds("muster-stop 2\nover 0 0\n");
  EXPECT_FALSE(ended());  // its last output
  server_.exit.has_signal = true;
  server_.exit.signal = "TERM";
  server_.pump = Step::kDone;
  Ready();
  EXPECT_TRUE(outcome().cancel_confirmed);
  EXPECT_TRUE(outcome().exit_reported);
  EXPECT_EQ(outcome().signal, "TERM");
  EXPECT_EQ(outcome().message, "the run was canceled.");
}

TEST_F(HostTaskTest, ADaemonThatItLeftIsTold) {
  StartCommand();
  Cancel();
  Exit(0);
  LineEnds("muster-stop 1\nover 0 1\nstrayed 99 gpg-agent\n");
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("99 (gpg-agent)"));
}

TEST_F(HostTaskTest, ACommandThatWasGoneBeforeTheLineLookedIsUnconfirmed) {
  StartCommand();
  Cancel();
  Exit(0);
  LineEnds("muster-stop 0\nover 0 0\n");
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("may still be running"));
}

TEST_F(HostTaskTest, ALineThatDoesNotReportIsWaitedForNoLongerThanItMayTake) {
  StartCommand();
  Cancel();
  LineSays("muster-stop 1\n");
  Exit(0);
  loop_.Advance(absl::Milliseconds(5499));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("did not tell in time"));
}

TEST_F(HostTaskTest, WithoutASecondChannelSignalRequestsAreSent) {
  StartCommand();
  server_.beside = Step::kFailed;
  Cancel();
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  loop_.Advance(absl::Seconds(2));
  EXPECT_THAT(server_.signals, ElementsAre("TERM", "KILL"));
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("no second command ran"));
}

TEST_F(HostTaskTest, WhatIsNeverConfirmedIsGivenUp) {
  StartCommand();
  Cancel();
  loop_.Advance(absl::Milliseconds(4999));
  EXPECT_THAT(server_.signals, IsEmpty());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  loop_.Advance(absl::Seconds(2));
  EXPECT_THAT(server_.signals, ElementsAre("TERM", "KILL"));
  loop_.Advance(absl::Milliseconds(2999));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_FALSE(outcome().exit_reported);
  EXPECT_THAT(outcome().message, HasSubstr("nothing answered on a second channel in time"));
  EXPECT_TRUE(server_.closed_channel);
}

TEST_F(HostTaskTest, ALineThatIsSlowIsHeardAfterAll) {
  StartCommand();
  Cancel();
  loop_.Advance(absl::Seconds(6));
  LineSays("muster-stop 1\n");
  loop_.Advance(absl::Seconds(2));
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  Exit(0);
  LineEnds("over 0 0\n");
  EXPECT_TRUE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, WhatIsHeardTogetherWithTheEndIsNotCutShort) {
  StartCommand();
  Cancel();
  loop_.Advance(absl::Seconds(9) + absl::Milliseconds(500));
  EXPECT_FALSE(ended());
  server_.beside_output = "muster-stop 1\n";
  Exit(0);
  EXPECT_TRUE(ended());
  EXPECT_FALSE(server_.closed_channel);
  EXPECT_FALSE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, SignalOnlyOpensNoSecondChannel) {
  job_->stop.signal_only = true;
  StartCommand();
  Cancel();
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  Exit(0);
  EXPECT_THAT(server_.besides, IsEmpty());
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("only signal requests"));
}

TEST_F(HostTaskTest, SomethingElseThatAnswersIsNoLine) {
  StartCommand();
  Cancel();
  LineEnds("forced\n");
  EXPECT_EQ(server_.besides.size(), 1u);
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  Exit(0);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("something else answered"));
}

// --- A status is not the end of the output

TEST_F(HostTaskTest, AfterTheStatusATimeoutWaitsForTheRestOfTheOutput) {
  job_->timeouts.command = absl::Seconds(3);
  StartCommand();
  Status(0);
  for (int i = 0; i < 12; ++i) {
    loop_.Advance(absl::Milliseconds(900));
    server_.on_output(OutputStream::kStdout, "more\n");
  }
  EXPECT_FALSE(ended());
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  EXPECT_THAT(server_.signals, IsEmpty());
  EXPECT_THAT(server_.besides, IsEmpty());
}

TEST_F(HostTaskTest, OutputThatIsHeldOpenIsCutAndNoSuccess) {
  StartCommand();
  Status(3);
  Cancel();
  loop_.Advance(absl::Milliseconds(999));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(server_.closed_channel);
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_TRUE(outcome().exit_reported);
  EXPECT_EQ(outcome().exit_code, 3);
  EXPECT_THAT(outcome().message, HasSubstr("It ended with exit code 3, but its output"));
  EXPECT_THAT(outcome().message, HasSubstr("output may be missing"));
}

TEST_F(HostTaskTest, OutputThatNeverEndsIsCutAfterTenSeconds) {
  StartCommand();
  Status(0);
  Cancel();
  for (int i = 0; i < 99; ++i) {
    loop_.Advance(absl::Milliseconds(100));
    server_.on_output(OutputStream::kStdout, "more\n");
  }
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(100));
  EXPECT_EQ(outcome().state, HostState::kCanceled);
}

TEST_F(HostTaskTest, WhatPassesItsOutputLimitIsNoSuccessThoughItEnded) {
  StartCommand();
  Status(0);
  task_->Cancel(Cause::kOutputLimit, "the output limit was reached.");
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_EQ(outcome().cause, Cause::kOutputLimit);
  EXPECT_THAT(outcome().message, HasSubstr("It ended by itself, with exit code 0."));
}

TEST_F(HostTaskTest, AfterAStopTooTheRestOfTheOutputIsRead) {
  StartCommand();
  Cancel();
  LineEnds("muster-stop 1\nover 0 0\n");
  Status(0);
  for (int i = 0; i < 5; ++i) {
    loop_.Advance(absl::Milliseconds(900));
    server_.on_output(OutputStream::kStdout, "more\n");
  }
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_TRUE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("output may be missing"));
}

// --- Canceling

TEST_F(HostTaskTest, CanceledBeforeTheCommandIsNotStarted) {
  Start();
  Cancel();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  EXPECT_EQ(server_.execs, 0);
}

TEST_F(HostTaskTest, CanceledTwiceIsStoppedOnce) {
  StartCommand();
  Cancel();
  Cancel();
  EXPECT_EQ(server_.besides.size(), 1u);
  Exit(0);
  LineEnds("muster-stop 1\nover 0 0\n");
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  Cancel();
  EXPECT_EQ(ends_, 1);
}

TEST_F(HostTaskTest, CanceledWhileTheExecRequestIsUnansweredWaitsForTheAnswer) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kDone;
  connector_.Succeed(kHost);
  loop_.Run();
  Cancel();
  EXPECT_THAT(server_.besides, IsEmpty());
  server_.exec = Step::kDone;
  Ready();
  EXPECT_EQ(server_.besides.size(), 1u);
}

TEST_F(HostTaskTest, CanceledBeforeTheServerRefusesTheCommandItIsNotTriedOnAnotherSession) {
  StartCommand();
  Exit(0);
  server_.pump = Step::kAgain;
  server_.exec = Step::kAgain;
  Start();
  Cancel();
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kExecRefused;
  Ready();
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  EXPECT_THAT(outcome().message, HasSubstr("refused"));
  EXPECT_FALSE(connector_.Waits(kHost));
}

TEST_F(HostTaskTest, AbandonedIsNotStartedOrUnknown) {
  Start();
  task_->Abandon();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  observer_.outcomes.clear();
  StartCommand();
  task_->Abandon();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
}

}  // namespace
}  // namespace muster::engine
