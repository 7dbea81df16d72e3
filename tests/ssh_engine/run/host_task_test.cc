#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(HostTaskTest, GoesFromNameToOutcome) {
  StartCommand();
  server_.on_output(OutputStream::kStdout, "one\ntw");
  server_.on_output(OutputStream::kStderr, "oops\n");
  server_.on_output(OutputStream::kStdout, "o");
  Exit(0);
  EXPECT_THAT(observer_.events[0],
              ElementsAre("CONNECTING", "AUTHENTICATING", "ready", "STARTING", "RUNNING",
                          "out one\n", "err oops\n", "out two$", "SUCCEEDED"));
  EXPECT_EQ(server_.user, "ann");
  EXPECT_EQ(server_.command, "uptime");
  EXPECT_EQ(server_.inputs_ended, 1);
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(loop_.armed_timers(), 1u);  // the pool's, for unused sessions
  EXPECT_EQ(pool_.idle_sessions(), 1u);
}

// It is not sent before the request is answered, and ends the input where there is no other.
TEST_F(HostTaskTest, WhatACommandReadsFirstIsSentOnceItHasStarted) {
  job_->action = Command{"sh", std::make_shared<const std::string>("a script")};
  server_.input_room = 100;
  StartCommand();
  EXPECT_EQ(server_.inputs_ended, 0);
  EXPECT_EQ(server_.input, "a script");
  EXPECT_TRUE(server_.end_of_input);
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
}

TEST_F(HostTaskTest, TellsExitCodesAndSignals) {
  StartCommand();
  Exit(7);
  EXPECT_EQ(outcome().state, HostState::kExitedNonzero);
  EXPECT_EQ(outcome().exit_code, 7u);
}

// As Windows has them for -1.
TEST_F(HostTaskTest, TellsExitCodesThatAreNoInt) {
  StartCommand();
  server_.exit.has_status = true;
  server_.exit.status = 4294967295;
  server_.pump = Step::kDone;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kExitedNonzero);
  EXPECT_EQ(outcome().exit_code, 4294967295u);
  EXPECT_THAT(outcome().message, HasSubstr("4294967295 (0xffffffff, -1)"));
}

TEST_F(HostTaskTest, TellsSignals) {
  StartCommand();
  server_.exit.has_signal = true;
  server_.exit.signal = "SEGV";
  server_.exit.core_dumped = true;
  server_.pump = Step::kDone;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kSignaled);
  EXPECT_EQ(outcome().signal, "SEGV");
  EXPECT_TRUE(outcome().core_dumped);
}

TEST_F(HostTaskTest, PassesOnWhyItCouldNotConnect) {
  Start();
  connector_.Fail(kHost, Cause::kDns, "no such name");
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kDns);
  EXPECT_EQ(outcome().message, "no such name");
}

TEST_F(HostTaskTest, AWrongPasswordIsTriedOnce) {
  auto secret = std::make_shared<Secret>(6);
  std::string("secret").copy(secret->data(), 6);
  auto credential = std::make_shared<Credential>();
  credential->password = std::move(secret);
  access_->credential = std::move(credential);
  job_->retries.unreachable = 5;
  Start();
  server_.handshake = Step::kDone;
  connector_.Succeed(kHost);
  loop_.Run();
  loop_.Advance(job_->timeouts.connect);
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
  EXPECT_EQ(outcome().attempts, 1);
  EXPECT_EQ(dials_, 1);
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret"));
  EXPECT_THAT(outcome().message, HasSubstr("the server refused the password for user ann."));
}

TEST_F(HostTaskTest, ServersThatCloseBeforeTheBannerAreThrottling) {
  job_->retries.throttled = 0;
  Start();
  connector_.Succeed(kHost);
  loop_.Run();
  server_.handshake = Step::kFailed;
  server_.failure.throttled = true;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kThrottled);
}

// The loop's others do not wait for it.
TEST_F(HostTaskTest, AKeyExchangeThatTakesLongIsComputedByAHelper) {
  Start();
  server_.takes_long = true;
  connector_.Succeed(kHost);
  loop_.RunPosted();
  EXPECT_TRUE(loop_.WantsRead(fd_));  // for the server's part
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  Ready();
  loop_.RunPosted();
  EXPECT_THAT(server_.keys, ElementsAre("key"));
  const std::thread::id here = std::this_thread::get_id();
  ASSERT_EQ(server_.handshakes.size(), 3u);
  EXPECT_EQ(server_.handshakes[0], here);  // where it shows
  EXPECT_NE(server_.handshakes[1], here);
  EXPECT_NE(server_.handshakes[2], here);
}

// Its server may have keys exchanged anew at any time, which is done on the loop.
TEST_F(HostTaskTest, WhoTakesLongIsServedAfterTheOthers) {
  StartCommand();
  EXPECT_EQ(loop_.PriorityOf(fd_), Priority::kNormal);
  task_.reset();
  server_ = FakeServer();
  server_.takes_long = true;
  StartCommand();
  loop_.RunPosted();
  EXPECT_EQ(loop_.PriorityOf(fd_), Priority::kBulk);
}

TEST_F(HostTaskTest, WaitingForAHelperDoesNotCountAsConnecting) {
  absl::Notification turn;
  helpers_.Run([&turn] { turn.WaitForNotification(); });
  Start();
  server_.takes_long = true;
  connector_.Succeed(kHost);
  loop_.Run();
  loop_.Advance(absl::Minutes(1));
  EXPECT_FALSE(ended());
  turn.Notify();
  loop_.RunPosted();
  loop_.Advance(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
}

TEST_F(HostTaskTest, MayBeDestroyedWhileAHelperExchangesKeys) {
  Start();
  server_.takes_long = true;
  connector_.Succeed(kHost);
  task_.reset();
  loop_.RunPosted();
  EXPECT_TRUE(server_.gone);
}

// --- Each phase has its limit

TEST_F(HostTaskTest, ConnectingHasALimit) {
  Start();
  loop_.Advance(absl::Seconds(10) - absl::Milliseconds(1));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_THAT(outcome().message, HasSubstr("web1 port 22"));
  task_.reset();
  EXPECT_FALSE(connector_.Waits(kHost));
}

TEST_F(HostTaskTest, HandshakeAndLoginShareTheConnectLimit) {
  Start();
  loop_.Advance(absl::Seconds(6));
  connector_.Succeed(kHost);
  loop_.Run();
  loop_.Advance(absl::Seconds(3));
  server_.handshake = Step::kDone;
  Ready();
  EXPECT_EQ(observer_.events[0].back(), "AUTHENTICATING");
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_THAT(outcome().message, HasSubstr("logging in"));
}

TEST_F(HostTaskTest, AServerThatNeverAnswersTheExecRequestIsUnknown) {
  StartCommand();
  task_.reset();
  observer_.events.clear();
  server_ = FakeServer();
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kDone;
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(observer_.events[0].back(), "STARTING");
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(outcome().state, HostState::kUnknown);
}

TEST_F(HostTaskTest, ASilentChannelOpenIsAConnectTimeout) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  connector_.Succeed(kHost);
  loop_.Run();
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_EQ(server_.execs, 0);
}

TEST_F(HostTaskTest, ACommandHasNoLimitUnlessGivenOne) {
  StartCommand();
  loop_.Advance(absl::Hours(1000));
  EXPECT_FALSE(ended());
}

TEST_F(HostTaskTest, CommandTimeoutStopsTheCommand) {
  job_->timeouts.command = absl::Minutes(1);
  StartCommand();
  loop_.Advance(absl::Minutes(1) - absl::Milliseconds(1));
  EXPECT_THAT(server_.besides, IsEmpty());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("g=TERM")));
  LineEnds("muster-stop 1\nover 0 0\n");
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kCommandTimeout);
  EXPECT_TRUE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, IdleTimeoutCountsFromTheLastOutput) {
  job_->timeouts.idle = absl::Seconds(5);
  StartCommand();
  loop_.Advance(absl::Seconds(4));
  server_.on_output(OutputStream::kStderr, "still here\n");
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.besides, IsEmpty());
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(server_.besides.size(), 1u);
  loop_.Advance(absl::Seconds(20));
  EXPECT_EQ(outcome().state, HostState::kIdleTimeout);
}

// --- Waiting for the grant

TEST_F(HostTaskTest, LinesComeWholeUnlessTheyAreAskedForInParts) {
  StartCommand();
  server_.on_output(OutputStream::kStdout, "name: ");
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(observer_.events.at(0).back(), "RUNNING");
  Exit(0);
  EXPECT_THAT(observer_.events.at(0), Contains("out name: $"));
}

// Also of a progress bar that never pauses.
TEST_F(HostTaskTest, APartOfALineDoesNotWaitForLong) {
  job_->partial_after = absl::Milliseconds(50);
  StartCommand();
  server_.on_output(OutputStream::kStdout, "1%\r");
  loop_.Advance(absl::Milliseconds(30));
  server_.on_output(OutputStream::kStdout, "2%\r");
  EXPECT_EQ(observer_.events.at(0).back(), "RUNNING");
  loop_.Advance(absl::Milliseconds(20));
  EXPECT_EQ(observer_.events.at(0).back(), "out 1%\r2%\r");
  server_.on_output(OutputStream::kStdout, "done\n");
  EXPECT_EQ(observer_.events.at(0).back(), "out done\n");
  const size_t events = observer_.events.at(0).size();
  loop_.Advance(absl::Minutes(1));
  Exit(0);
  EXPECT_EQ(observer_.events.at(0).size(), events + 1);  // its end
}

TEST_F(HostTaskTest, NothingIsRequestedBeforeTheGrant) {
  grants_ = false;
  StartCommand();
  loop_.Advance(absl::Hours(10));
  EXPECT_EQ(observer_.events[0].back(), "ready");
  EXPECT_EQ(server_.execs, 0);
  task_->Grant();
  task_->Grant();
  EXPECT_EQ(server_.execs, 1);
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(HostTaskTest, AGrantBeforeTheHostIsReadyCountsForNothing) {
  grants_ = false;
  Start();
  task_->Grant();
  connector_.Succeed(kHost);
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = server_.exec = Step::kDone;
  Ready();
  EXPECT_EQ(server_.execs, 0);
}

TEST_F(HostTaskTest, CanceledWhileItWaitsForTheGrantIsNotStarted) {
  grants_ = false;
  StartCommand();
  Cancel();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  task_->Grant();
  EXPECT_EQ(server_.execs, 0);
}

TEST_F(HostTaskTest, AConnectionLostInTheWaitIsTriedAgainAndWantsANewGrant) {
  grants_ = false;
  job_->retries.unreachable = 1;
  StartCommand();
  loop_.Advance(absl::Minutes(10));
  server_.idle = Step::kFailed;
  server_.failure = {Cause::kReset, false, "the connection broke"};
  Ready();
  EXPECT_FALSE(ended());
  task_->Grant();
  EXPECT_EQ(server_.execs, 0);
  server_.idle = Step::kAgain;
  server_.logins = {AuthStep::kAccepted};
  loop_.Advance(absl::Seconds(1));
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(observer_.events[0].back(), "ready");
  task_->Grant();
  EXPECT_EQ(server_.execs, 1);
}

TEST_F(HostTaskTest, AConnectionLostInTheWaitIsUnreachableWithoutRetries) {
  grants_ = false;
  StartCommand();
  server_.idle = Step::kFailed;
  server_.failure = {Cause::kReset, false, "the connection broke"};
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
}

// --- Back-pressure

TEST_F(HostTaskTest, WhileNothingIsReadASessionIsLeftAlone) {
  StartCommand();
  may_read_ = false;
  const int pumps = server_.pumps;
  Ready();
  EXPECT_FALSE(loop_.WantsRead(fd_));
  EXPECT_FALSE(Ready());
  EXPECT_EQ(server_.pumps, pumps);
  may_read_ = true;
  reading_.Resume();
  EXPECT_EQ(server_.pumps, pumps + 1);  // what is there comes first
  EXPECT_TRUE(loop_.WantsRead(fd_));
}

TEST_F(HostTaskTest, TheIdleTimeoutDoesNotRunOutWhileNothingIsRead) {
  job_->timeouts.idle = absl::Seconds(5);
  StartCommand();
  may_read_ = false;
  Ready();
  loop_.Advance(absl::Minutes(1));
  EXPECT_THAT(server_.besides, IsEmpty());
  may_read_ = true;
  reading_.Resume();
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.besides, IsEmpty());
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(server_.besides.size(), 1u);
}

// Signals can be sent; what is left can be asked only once something is read again.
TEST_F(HostTaskTest, WhileNothingIsReadItIsStoppedBySignalRequests) {
  StartCommand();
  may_read_ = false;
  Ready();
  Cancel();
  loop_.Advance(absl::Minutes(1));
  EXPECT_THAT(server_.signals, ElementsAre("TERM", "KILL"));
  EXPECT_THAT(server_.besides, IsEmpty());
  EXPECT_FALSE(ended());
  may_read_ = true;
  reading_.Resume();
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("-ge 0 ]; then g=KILL")));
  Exit(0);
  EXPECT_FALSE(ended());
  LineEnds("muster-stop 1\nover 0 0\n");
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_TRUE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, OutputIsNotCutShortWhileNothingIsRead) {
  StartCommand();
  Status(0);
  may_read_ = false;
  Ready();
  Cancel();
  loop_.Advance(absl::Minutes(1));
  EXPECT_FALSE(ended());
  may_read_ = true;
  reading_.Resume();
  for (int i = 0; i < 5; ++i) {
    loop_.Advance(absl::Milliseconds(900));
    server_.on_output(OutputStream::kStdout, "more\n");
  }
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
}

// --- Honest outcomes

TEST_F(HostTaskTest, AConnectionLostBeforeExecIsUnreachable) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kFailed;
  server_.failure.cause = Cause::kTimeout;
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
}

TEST_F(HostTaskTest, AConnectionLostAfterExecIsUnknown) {
  StartCommand();
  server_.pump = Step::kFailed;
  server_.failure = {Cause::kReset, false, "the connection was reset"};
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_EQ(outcome().cause, Cause::kConnectionLost);
}

TEST_F(HostTaskTest, AConnectionLostWithTheStatusButNotAllOutputIsUnknown) {
  StartCommand();
  server_.exit.has_status = true;
  server_.exit.status = 4;
  server_.pump = Step::kFailed;
  server_.failure.message = "the connection broke";
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_TRUE(outcome().exit_reported);
  EXPECT_EQ(outcome().exit_code, 4);
  EXPECT_EQ(
      outcome().message,
      "the connection broke. The command was requested before; it ended with exit code 4, but "
      "output may be missing.");
}

TEST_F(HostTaskTest, AConnectionLostInAStopIsUnknownAndTellsOfTheStop) {
  StartCommand();
  Cancel();
  server_.pump = Step::kFailed;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_THAT(outcome().message, HasSubstr("It was being ended: the run was canceled."));
}

TEST_F(HostTaskTest, AConnectionLostAfterEverythingWasSaidIsFine) {
  StartCommand();
  server_.exit.has_status = true;
  server_.exit.end_of_output = true;
  server_.pump = Step::kFailed;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
}

TEST_F(HostTaskTest, AChannelClosedWithoutAStatusIsUnknown) {
  StartCommand();
  server_.pump = Step::kDone;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
}

TEST_F(HostTaskTest, ARefusedExecIsUnreachableAndNothingWasStarted) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kDone;
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kExecRefused;
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
}

TEST_F(HostTaskTest, TheCommandIsRequestedOnce) {
  StartCommand();
  for (int i = 0; i < 5; ++i) Ready();
  EXPECT_EQ(server_.execs, 1);
}

}  // namespace
}  // namespace muster::engine
