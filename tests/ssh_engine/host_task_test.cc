#include "ssh_engine/host_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Step = SshTransport::Step;
using AuthStep = SshTransport::AuthStep;

constexpr Readiness kReadable = {true, false, false};
constexpr char kHost[] = "web1";

class HostTaskTest : public ::testing::Test {
 protected:
  HostTaskTest() {
    auto credential = std::make_shared<Credential>();
    credential->identities.push_back(MakeIdentity("key"));
    job_->command = "uptime";
    job_->known_hosts = known_hosts_;
    context_.loop = &loop_;
    context_.connector = &connector_;
    context_.helpers = &helpers_;
    context_.computers = &helpers_;
    context_.pool = &pool_;
    context_.reading = &reading_;
    context_.new_transport = [this](UniqueFd fd, SshTransportOptions options) {
      server_.user = options.user;
      ++dials_;
      fd_ = fd.get();
      return std::make_unique<FakeTransport>(std::move(fd), &server_);
    };
    context_.job = job_;
    context_.credential = std::move(credential);
    context_.observer = &observer_;
    observer_.on_ready = [this](uint32_t) {
      if (grants_) loop_.Defer([this] { task_->Grant(); });
    };
  }

  void Start() {
    ends_ = 0;
    task_ = std::make_unique<HostTask>(Host{0, kHost, 22, "ann"}, &context_, [this] { ++ends_; });
    task_->Start();
    loop_.Run();
  }
  // Everything well up to the command's start.
  void StartCommand() {
    Start();
    server_.handshake = Step::kDone;
    server_.logins = {AuthStep::kAccepted};
    server_.open = Step::kDone;
    server_.exec = Step::kDone;
    connector_.Succeed(kHost);
    loop_.Run();
  }
  bool Ready() { return loop_.SetReady(fd_, kReadable); }
  void Exit(int status) {
    server_.exit.has_status = true;
    server_.exit.status = status;
    server_.exit.end_of_output = true;
    server_.pump = Step::kDone;
    Ready();
  }
  void Cancel() { task_->Cancel(Cause::kNone, "the run was canceled."); }
  const HostOutcome& outcome() { return observer_.outcomes.at(0); }
  bool ended() const { return ends_ > 0; }

  SimulatedLoop loop_;
  FakeConnector connector_;
  HelperPool helpers_{1};
  FakeServer server_;
  RecordingObserver observer_;
  std::shared_ptr<FakeKnownHosts> known_hosts_ = std::make_shared<FakeKnownHosts>();
  std::shared_ptr<Job> job_ = std::make_shared<Job>();
  SessionPool pool_{&loop_, SessionLimits()};
  std::atomic<bool> may_read_{true};
  ReadingGate reading_{&loop_, &may_read_};
  RunContext context_;
  std::unique_ptr<HostTask> task_;
  int fd_ = -1;
  int dials_ = 0;
  int ends_ = 0;
  bool grants_ = true;  // at once
};

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
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(loop_.armed_timers(), 1u);  // the pool's, for unused sessions
  EXPECT_EQ(pool_.idle_sessions(), 1u);
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
  helpers_.Drain();
  loop_.Run();
  EXPECT_TRUE(loop_.WantsRead(fd_));  // for the server's part
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  Ready();
  helpers_.Drain();
  loop_.Run();
  EXPECT_THAT(server_.keys, ElementsAre("key"));
  const std::thread::id here = std::this_thread::get_id();
  ASSERT_EQ(server_.handshakes.size(), 3u);
  EXPECT_EQ(server_.handshakes[0], here);  // where it shows
  EXPECT_NE(server_.handshakes[1], here);
  EXPECT_NE(server_.handshakes[2], here);
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
  helpers_.Drain();
  loop_.Run();
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
  helpers_.Drain();
  loop_.Run();
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

TEST_F(HostTaskTest, CommandTimeoutSendsTermThenKillThenGivesUp) {
  job_->timeouts.command = absl::Minutes(1);
  StartCommand();
  loop_.Advance(absl::Minutes(1));
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  loop_.Advance(absl::Seconds(2));
  EXPECT_THAT(server_.signals, ElementsAre("TERM", "KILL"));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Seconds(2));
  EXPECT_EQ(outcome().state, HostState::kCommandTimeout);
  EXPECT_FALSE(outcome().cancel_confirmed);
  EXPECT_THAT(outcome().message, HasSubstr("may still be running"));
  EXPECT_TRUE(server_.closed_channel);
}

TEST_F(HostTaskTest, AConfirmedEndAfterTermSaysSo) {
  job_->timeouts.command = absl::Minutes(1);
  StartCommand();
  loop_.Advance(absl::Minutes(1));
  server_.exit.has_signal = true;
  server_.exit.signal = "TERM";
  server_.pump = Step::kDone;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kCommandTimeout);
  EXPECT_TRUE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, IdleTimeoutCountsFromTheLastOutput) {
  job_->timeouts.idle = absl::Seconds(5);
  StartCommand();
  loop_.Advance(absl::Seconds(4));
  server_.on_output(OutputStream::kStderr, "still here\n");
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.signals, IsEmpty());
  loop_.Advance(absl::Seconds(1));
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  loop_.Advance(absl::Seconds(4));
  EXPECT_EQ(outcome().state, HostState::kIdleTimeout);
}

// --- Waiting for the grant

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
  EXPECT_THAT(server_.signals, IsEmpty());
  may_read_ = true;
  reading_.Resume();
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.signals, IsEmpty());
  loop_.Advance(absl::Seconds(1));
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
}

TEST_F(HostTaskTest, NoEndIsUnconfirmedWhileNothingIsRead) {
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
  Exit(0);
  EXPECT_TRUE(outcome().cancel_confirmed);
}

// --- The second channel

TEST_F(HostTaskTest, WhatDoesNotEndInHalfASecondIsSentTermOverASecondChannel) {
  StartCommand();
  Cancel();
  loop_.Advance(absl::Milliseconds(499));
  EXPECT_THAT(server_.besides, IsEmpty());
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("kill -TERM")));
  server_.beside = Step::kDone;
  server_.beside_output = "muster-stop\n";
  Ready();
  loop_.Advance(absl::Milliseconds(1500));
  EXPECT_THAT(server_.signals, ElementsAre("TERM", "KILL"));
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("-TERM"), HasSubstr("kill -KILL")));
}

TEST_F(HostTaskTest, SignalOnlyOpensNoSecondChannel) {
  job_->stop.signal_only = true;
  StartCommand();
  Cancel();
  loop_.Advance(absl::Seconds(4));
  EXPECT_THAT(server_.besides, IsEmpty());
  EXPECT_FALSE(outcome().cancel_confirmed);
}

TEST_F(HostTaskTest, WhatIsAnsweredBySomethingElseIsNotSentAgain) {
  StartCommand();
  Cancel();
  server_.beside = Step::kDone;
  server_.beside_output = "forced\n";
  loop_.Advance(absl::Seconds(3));
  EXPECT_THAT(server_.besides, ElementsAre(HasSubstr("-TERM")));
}

// --- Canceling

TEST_F(HostTaskTest, CanceledBeforeTheCommandIsNotStarted) {
  Start();
  Cancel();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  EXPECT_EQ(server_.execs, 0);
}

TEST_F(HostTaskTest, CanceledWhileItRunsSendsTerm) {
  StartCommand();
  Cancel();
  Cancel();
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kCanceled);
  EXPECT_TRUE(outcome().cancel_confirmed);
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
  EXPECT_THAT(server_.signals, IsEmpty());
  server_.exec = Step::kDone;
  Ready();
  EXPECT_THAT(server_.signals, ElementsAre("TERM"));
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

// --- Honest outcomes

TEST_F(HostTaskTest, AConnectionLostBeforeExecIsUnreachable) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = Step::kFailed;
  server_.failure.cause = Cause::kReset;
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
  server_.pump = Step::kFailed;
  Ready();
  EXPECT_EQ(outcome().state, HostState::kUnknown);
  EXPECT_THAT(outcome().message, HasSubstr("had said that the command ended with exit code 0"));
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

// --- Host keys

TEST_F(HostTaskTest, NothingIsSaidToAnUnknownHost) {
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  StartCommand();
  EXPECT_EQ(outcome().state, HostState::kHostKeyRejected);
  EXPECT_EQ(outcome().cause, Cause::kHostKeyUnknown);
  EXPECT_THAT(outcome().message, HasSubstr("SHA256:"));
  EXPECT_THAT(server_.keys, IsEmpty());
}

TEST_F(HostTaskTest, AChangedOrRevokedKeyIsRejectedUnderAcceptNewToo) {
  job_->host_key_policy = HostKeyPolicy::kAcceptNew;
  for (const auto verdict : {KnownHosts::Verdict::kChanged, KnownHosts::Verdict::kRevoked}) {
    known_hosts_->lookup = {verdict, "known_hosts:3"};
    StartCommand();
    EXPECT_EQ(outcome().state, HostState::kHostKeyRejected);
    EXPECT_THAT(outcome().message, HasSubstr("known_hosts:3"));
  }
  EXPECT_THAT(known_hosts_->added, IsEmpty());
}

TEST_F(HostTaskTest, AcceptNewWritesTheKeyBeforeItLogsIn) {
  job_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  absl::Notification turn;
  helpers_.Run([&turn] { turn.WaitForNotification(); });
  StartCommand();
  EXPECT_FALSE(loop_.WantsRead(fd_));
  EXPECT_THAT(server_.keys, IsEmpty());
  turn.Notify();
  helpers_.Drain();
  loop_.Run();
  EXPECT_THAT(known_hosts_->added, ElementsAre("web1:22"));
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(HostTaskTest, AKeyThatCannotBeWrittenDownIsNotAccepted) {
  job_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  known_hosts_->add_status = absl::PermissionDeniedError("known_hosts: read only");
  StartCommand();
  helpers_.Drain();
  loop_.Run();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyUnsaved);
  EXPECT_THAT(outcome().message, HasSubstr("read only"));
}

TEST_F(HostTaskTest, MayBeDestroyedWhileAHelperWrites) {
  job_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  StartCommand();
  task_.reset();
  helpers_.Drain();
  loop_.Run();
  EXPECT_TRUE(server_.gone);
}

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

TEST_F(HostTaskTest, AServerThatHangsUpOnARefusedKeyIsNotTriedAgain) {
  Start();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
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

}  // namespace
}  // namespace muster::engine
