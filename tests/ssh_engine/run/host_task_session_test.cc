#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// --- Login

TEST_F(HostTaskTest, RefusedKeysAreNamed) {
  StartCommand();
  task_.reset();
  server_ = FakeServer();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kDenied};
  Start();
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
  EXPECT_THAT(outcome().message, HasSubstr("for user ann: key. It accepts: publickey,password."));
}

TEST_F(HostTaskTest, AServerThatClosesDuringTheLoginRefusesItAndIsNotTriedAgain) {
  job_->retries.unreachable = 5;
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  server_.failure = {Cause::kReset, false, "the server closed the connection without a word", true};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
  EXPECT_EQ(outcome().attempts, 1);
  EXPECT_THAT(outcome().message, HasSubstr("without a word, while ann was to be logged in"));
}

TEST_F(HostTaskTest, AConnectionThatIsResetDuringTheLoginMayPass) {
  job_->retries.unreachable = 1;
  for (int i = 0; i < 2; ++i) {
    server_.handshake = Step::kDone;
    server_.logins = {AuthStep::kFailed};
    server_.failure = {Cause::kReset, false, "the connection broke: Connection reset by peer"};
    if (i == 0) Start();
    connector_.Succeed(kHost);
    loop_.Run();
    loop_.Advance(absl::Milliseconds(500));
  }
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kReset);
  EXPECT_EQ(outcome().attempts, 2);
  EXPECT_THAT(outcome().message, HasSubstr("during the login; no key had been refused."));
}

TEST_F(HostTaskTest, ALoginThatIsTurnedAwayForItsNumberIsThrottled) {
  job_->retries.throttled = 0;
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  server_.failure = {Cause::kNone, true, "too many connections", true};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kThrottled);
}

TEST_F(HostTaskTest, AJumpHostThatIsLostDuringTheLoginIsNoRefusal) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  server_.failure = {Cause::kReset, false, "the server closed the connection without a word", true};
  connector_.SucceedByALostWay(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kReset);
  EXPECT_THAT(outcome().message, HasSubstr("the jump host was lost"));
}

TEST_F(HostTaskTest, WhatTheServerSaidIsToldWhenTheLoginTakesTooLong) {
  Start();
  server_.handshake = Step::kDone;
  server_.login_text = "To authenticate, visit https://login.example.com/";
  connector_.Succeed(kHost);
  loop_.Advance(absl::Seconds(10));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_THAT(outcome().message, HasSubstr("visit https://login.example.com/"));
}

TEST_F(HostTaskTest, AServerThatClosesRightAfterTheLoginRefusesIt) {
  job_->retries.unreachable = 5;
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kFailed;
  server_.failure = {Cause::kReset, false, "the connection broke: Connection reset by peer"};
  server_.login_text = "Your account has expired.";
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
  EXPECT_EQ(outcome().attempts, 1);
  EXPECT_THAT(outcome().message, HasSubstr("right after it had let ann in"));
  EXPECT_THAT(outcome().message, HasSubstr("The server said: \"Your account has expired.\""));
}

TEST_F(HostTaskTest, WaitsToWriteOnlyWhenThereIsSomethingToWrite) {
  Start();
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_TRUE(loop_.WantsRead(fd_));
  EXPECT_FALSE(loop_.WantsWrite(fd_));
  server_.wants_write = true;
  Ready();
  EXPECT_TRUE(loop_.WantsWrite(fd_));
}

// --- Warm sessions

TEST_F(HostTaskTest, TheNextCommandTakesTheSessionOfTheLast) {
  StartCommand();
  Exit(0);
  server_.pump = Step::kAgain;
  Start();
  EXPECT_EQ(dials_, 1);
  EXPECT_EQ(server_.execs, 2);
  Exit(5);
  EXPECT_EQ(outcome().exit_code, 5u);
  EXPECT_TRUE(outcome().warm_session);
  EXPECT_EQ(outcome().attempts, 0);
  EXPECT_EQ(outcome().timings.connected, absl::ZeroDuration());
}

// Handshakes make room for it, but not for one that has to connect, nor for what it does then.
TEST_F(HostTaskTest, ACommandOnAWarmSessionHurriesUntilItHasStarted) {
  StartCommand();
  EXPECT_EQ(loop_.hurried, 0);
  Exit(0);
  server_.open = Step::kAgain;
  server_.pump = Step::kAgain;
  Start();
  EXPECT_EQ(loop_.hurried, 1);
  server_.open = Step::kDone;
  Ready();
  loop_.Run();
  EXPECT_EQ(server_.execs, 2);
  EXPECT_EQ(loop_.hurried, 0);
  Exit(0);
  EXPECT_EQ(loop_.hurried, 0);
}

TEST_F(HostTaskTest, ACommandThatEndsBeforeItStartsHurriesNobodyAnyMore) {
  StartCommand();
  Exit(0);
  server_.open = Step::kAgain;
  Start();
  EXPECT_EQ(loop_.hurried, 1);
  task_->Cancel(Cause::kNone, "stop");
  EXPECT_EQ(loop_.hurried, 0);
}

TEST_F(HostTaskTest, ASessionThatIsNotFitForMoreIsClosed) {
  StartCommand();
  server_.reusable = false;
  Exit(0);
  task_.reset();
  EXPECT_TRUE(server_.gone);
  EXPECT_EQ(pool_.sessions(), 0u);
}

TEST_F(HostTaskTest, AWarmSessionOfAHostKeyThatIsRevokedByNowIsNotUsed) {
  StartCommand();
  Exit(0);
  known_hosts_->lookup = {KnownHosts::Verdict::kRevoked, "known_hosts:2"};
  Start();
  EXPECT_TRUE(connector_.Waits(kHost));
}

TEST_F(HostTaskTest, AStaleSessionIsReplacedBeforeTheCommandIsStarted) {
  StartCommand();
  Exit(0);
  server_.open = Step::kFailed;
  server_.pump = Step::kAgain;
  Start();
  EXPECT_FALSE(ended());
  EXPECT_EQ(server_.execs, 1);
  server_.open = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(dials_, 2);
  EXPECT_EQ(server_.execs, 2);
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  EXPECT_FALSE(outcome().warm_session);
}

// As libssh's own server does. Nothing was started: that is no attempt.
// What is known of the way's keys may have changed since.
TEST_F(HostTaskTest, AWarmSessionIsTakenWhereItsWayIsTrusted) {
  auto gates = std::make_shared<FakeKnownHosts>();
  auto access = std::make_shared<Access>(*access_);
  access->known_hosts = gates;
  dial_.hops = {{Host{0, "gate", 22, "ann", nullptr}, access}};
  connector_.way = std::make_shared<Way>(Way{false, {{"ssh-ed25519", "gate's"}}});
  StartCommand();
  Exit(0);
  Start();
  EXPECT_EQ(dials_, 1);
  Exit(0);
  gates->lookup.verdict = KnownHosts::Verdict::kRevoked;
  Start();
  EXPECT_TRUE(connector_.Waits(kHost));
}

TEST_F(HostTaskTest, ASessionThatRefusesASecondRequestIsReplaced) {
  StartCommand();
  Exit(0);
  observer_.events.clear();
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kExecRefused;
  server_.pump = Step::kAgain;
  Start();
  EXPECT_FALSE(ended());
  server_.exec = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  connector_.Succeed(kHost);
  loop_.Run();
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  EXPECT_FALSE(outcome().warm_session);
  EXPECT_EQ(outcome().attempts, 1);
  EXPECT_THAT(observer_.events[0],
              ElementsAre("ready", "STARTING", "ready", "STARTING", "RUNNING", "SUCCEEDED"));
  EXPECT_EQ(pool_.idle_sessions(), 0u);  // it would be of no use
  EXPECT_EQ(pool_.sessions(), 0u);
}

TEST_F(HostTaskTest, ARequestThatANewSessionRefusesTooIsUnreachable) {
  StartCommand();
  Exit(0);
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kExecRefused;
  server_.pump = Step::kAgain;
  Start();
  server_.logins = {AuthStep::kAccepted};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kExecRefused);
  EXPECT_EQ(dials_, 2);
}

TEST_F(HostTaskTest, ARequestThatIsRefusedAfterOutputIsNotMadeAgain) {
  StartCommand();
  Exit(0);
  server_.exec = Step::kAgain;
  server_.pump = Step::kAgain;
  Start();
  loop_.Advance(absl::Milliseconds(1));
  server_.on_output(OutputStream::kStderr, "not here\n");
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kExecRefused;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(dials_, 1);
}

TEST_F(HostTaskTest, ASessionThatHangsIsReplacedAfterHalfTheConnectLimit) {
  StartCommand();
  Exit(0);
  server_.open = Step::kAgain;
  Start();
  loop_.Advance(absl::Seconds(5) - absl::Milliseconds(1));
  EXPECT_FALSE(connector_.Waits(kHost));
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(connector_.Waits(kHost));
  EXPECT_EQ(server_.execs, 1);
}

TEST_F(HostTaskTest, AWarmSessionThatBreaksAfterTheRequestIsUnknown) {
  StartCommand();
  Exit(0);
  server_.exec = Step::kFailed;
  server_.failure.cause = Cause::kReset;
  Start();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_FALSE(connector_.Waits(kHost));
}

// --- Trying again

TEST_F(HostTaskTest, AThrottledHostIsTriedAgainAfterAJitteredWait) {
  Start();
  connector_.Succeed(kHost);
  server_.handshake = Step::kFailed;
  server_.failure.throttled = true;
  Ready();
  EXPECT_FALSE(ended());
  EXPECT_EQ(pool_.sessions(), 0u);
  loop_.Advance(absl::Milliseconds(249));
  EXPECT_FALSE(connector_.Waits(kHost));
  loop_.Advance(absl::Milliseconds(251));
  EXPECT_TRUE(connector_.Waits(kHost));
  EXPECT_THAT(observer_.events[0], ElementsAre("CONNECTING"));
}

TEST_F(HostTaskTest, AServerThatPenalizesThisAddressIsNotTriedAgain) {
  Start();
  connector_.Succeed(kHost);
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kPenalized, true, "it said \"Not allowed at this time\""};
  Ready();
  EXPECT_EQ(outcome().state, HostState::kThrottled);
  EXPECT_EQ(outcome().cause, Cause::kPenalized);
  EXPECT_EQ(outcome().attempts, 1);
}

// Whichever cause it is turned away for.
TEST_F(HostTaskTest, WhyAHostWasTurnedAwayIsPassedOn) {
  job_->retries.throttled = 0;
  Start();
  connector_.Succeed(kHost);
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kNetwork, true, "a cause that comes with no THROTTLED today"};
  Ready();
  EXPECT_EQ(outcome().state, HostState::kThrottled);
  EXPECT_EQ(outcome().cause, Cause::kNetwork);
}

TEST_F(HostTaskTest, ATooManyBeforeTheCommandIsThrottledToo) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kFailed;
  server_.failure = {Cause::kNone, true, "too many connections", true};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kThrottled);
  EXPECT_EQ(outcome().cause, Cause::kNone);
}

TEST_F(HostTaskTest, AfterTheLastAttemptTheOutcomeIsThatOfTheLast) {
  job_->retries.unreachable = 2;
  Start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(ended());
    connector_.Fail(kHost, Cause::kRefused, "refused");
    loop_.Run();
    loop_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().attempts, 3);
  EXPECT_EQ(outcome().message, "refused. Tried 3 times.");
}

TEST_F(HostTaskTest, AllAttemptsTogetherKeepToTheConnectLimit) {
  job_->retries.throttled = 100;
  Start();
  for (int i = 0; i < 100 && !ended(); ++i) {
    server_.handshake = Step::kFailed;
    server_.failure.throttled = true;
    if (connector_.Waits(kHost)) {
      connector_.Succeed(kHost);
      loop_.Run();
    }
    loop_.Advance(absl::Milliseconds(250));
  }
  EXPECT_EQ(outcome().state, HostState::kThrottled);
  EXPECT_GE(outcome().attempts, 4);
  EXPECT_LE(loop_.Now(), absl::Hours(1) + absl::Seconds(10));
}

TEST_F(HostTaskTest, AHostThatCannotBeReachedIsNotTriedAgainUnlessAsked) {
  Start();
  connector_.Fail(kHost, Cause::kRefused, "refused");
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
}

TEST_F(HostTaskTest, ANameWithoutAnAddressIsNotTriedAgain) {
  job_->retries.unreachable = 5;
  Start();
  connector_.Fail(kHost, Cause::kDns, "no such name");
  loop_.Run();
  EXPECT_TRUE(ended());
}

TEST_F(HostTaskTest, ARefusedLoginIsNeverTriedAgain) {
  job_->retries.unreachable = 5;
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kDenied};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
}

TEST_F(HostTaskTest, NothingIsTriedAgainOnceTheCommandWasRequested) {
  job_->retries.unreachable = 5;
  StartCommand();
  server_.pump = Step::kFailed;
  server_.failure.cause = Cause::kReset;
  Ready();
  loop_.Advance(absl::Minutes(1));
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_EQ(server_.execs, 1);
}

TEST_F(HostTaskTest, RunningOutOfDescriptorsIsWaitedOut) {
  Start();
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(connector_.Waits(kHost));
    connector_.Fail(kHost, Cause::kLocal, "too many open files");
    loop_.Run();
    loop_.Advance(absl::Seconds(1));
  }
  EXPECT_FALSE(ended());
}

TEST_F(HostTaskTest, CancelEndsTheWaitForAnotherAttempt) {
  job_->retries.unreachable = 5;
  Start();
  connector_.Fail(kHost, Cause::kRefused, "refused");
  loop_.Run();
  Cancel();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  loop_.Advance(absl::Minutes(1));
  EXPECT_FALSE(connector_.Waits(kHost));
}

// ssh_config(5), ServerAliveInterval.
TEST_F(HostTaskTest, AServerThatFallsSilentUnderACommandIsLost) {
  access_->connect.keep_alive = {absl::Seconds(15), 1};
  StartCommand();
  loop_.Advance(absl::Seconds(15));
  EXPECT_EQ(server_.asked_for_life, 1);
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Seconds(15));
  ASSERT_TRUE(ended());
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_THAT(outcome().message, HasSubstr("ServerAliveInterval"));
}

TEST_F(HostTaskTest, AnUnusedSessionIsNotAskedForLife) {
  access_->connect.keep_alive = {absl::Seconds(15), 1};
  StartCommand();
  Exit(0);
  ASSERT_TRUE(ended());
  loop_.Advance(absl::Minutes(2));
  EXPECT_EQ(server_.asked_for_life, 0);
}

}  // namespace
}  // namespace muster::engine
