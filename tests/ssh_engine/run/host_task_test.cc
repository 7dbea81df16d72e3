#include "ssh_engine/run/host_task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "absl/synchronization/notification.h"
#include "ssh_engine/dial/dialer.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Step = SshTransport::Step;
using AuthStep = SshTransport::AuthStep;

constexpr Readiness kReadable = {true, false, false};
constexpr char kHost[] = "web1";

class HostTaskTest : public ::testing::Test {
 protected:
  HostTaskTest() {
    auto credential = std::make_shared<Credential>();
    credential->identities.push_back(MakeIdentity("key"));
    job_->action = Command{"uptime"};
    access_->credential = std::move(credential);
    access_->known_hosts = known_hosts_;
    dial_.access = access_;
    dial_.loop = &loop_;
    dial_.connector = &connector_;
    dial_.helpers = &helpers_;
    dial_.computers = &helpers_;
    dial_.timeout = job_->timeouts.connect;
    context_.action = {&loop_, &reading_, job_, &observer_};
    context_.pool = &pool_;
    dial_.new_transport = [this](UniqueFd fd, SshTransportOptions options) {
      server_.user = options.user;
      ++dials_;
      fd_ = fd.get();
      return std::make_unique<FakeTransport>(std::move(fd), &server_);
    };
    observer_.on_ready = [this](uint32_t) {
      if (grants_) loop_.Defer([this] { task_->Grant(); });
    };
  }

  void Start() {
    ends_ = 0;
    task_ = std::make_unique<HostTask>(Host{0, kHost, 22, "ann", access_}, &context_, &dial_,
                                       [this] { ++ends_; });
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
  // The server has told how the command ended, but not that this was all of its output.
  void Status(int status) {
    server_.exit.has_status = true;
    server_.exit.status = status;
    Ready();
  }
  void LineSays(const std::string& output) {
    server_.beside_output += output;
    Ready();
  }
  void LineEnds(const std::string& output) {
    server_.beside = Step::kDone;
    LineSays(output);
  }
  const HostOutcome& outcome() { return observer_.outcomes.at(0); }
  bool ended() const { return ends_ > 0; }

  SimulatedLoop loop_;
  FakeConnector connector_;
  HelperPool helpers_{1};
  FakeServer server_;
  RecordingObserver observer_;
  std::shared_ptr<FakeKnownHosts> known_hosts_ = std::make_shared<FakeKnownHosts>();
  std::shared_ptr<Job> job_ = std::make_shared<Job>();
  std::shared_ptr<Access> access_ = std::make_shared<Access>();
  SessionPool pool_{&loop_, SessionLimits()};
  std::atomic<bool> may_read_{true};
  ReadingGate reading_{&loop_, &may_read_};
  DialContext dial_;
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
  EXPECT_EQ(server_.inputs_ended, 1);
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
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  for (const auto verdict : {KnownHosts::Verdict::kChanged, KnownHosts::Verdict::kRevoked}) {
    known_hosts_->lookup = {verdict, "known_hosts:3"};
    StartCommand();
    EXPECT_EQ(outcome().state, HostState::kHostKeyRejected);
    EXPECT_THAT(outcome().message, HasSubstr("known_hosts:3"));
  }
  EXPECT_THAT(known_hosts_->added, IsEmpty());
}

TEST_F(HostTaskTest, AcceptNewWritesTheKeyBeforeItLogsIn) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  std::promise<void> go;
  helpers_.Run([may_go = go.get_future()] { may_go.wait(); });
  StartCommand();
  EXPECT_FALSE(loop_.WantsRead(fd_));
  EXPECT_THAT(server_.keys, IsEmpty());
  go.set_value();
  loop_.RunPosted();
  EXPECT_THAT(known_hosts_->added, ElementsAre("web1:22"));
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(HostTaskTest, AKeyThatCannotBeWrittenDownIsNotAccepted) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  known_hosts_->add_status = absl::PermissionDeniedError("known_hosts: read only");
  StartCommand();
  loop_.RunPosted();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyUnsaved);
  EXPECT_THAT(outcome().message, HasSubstr("read only"));
}

// Whoever may read known_hosts can lock it.
TEST_F(HostTaskTest, ALockedFileIsTriedAgainForFiveSeconds) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  known_hosts_->add_status = absl::UnavailableError("another program has locked known_hosts");
  StartCommand();
  loop_.RunPosted();
  for (int i = 0; i < 49; ++i) {
    loop_.Advance(absl::Milliseconds(100));
    loop_.RunPosted();
  }
  EXPECT_FALSE(ended());
  EXPECT_THAT(known_hosts_->added, SizeIs(50));
  loop_.Advance(absl::Milliseconds(100));
  loop_.RunPosted();
  ASSERT_TRUE(ended());
  EXPECT_EQ(outcome().cause, Cause::kHostKeyUnsaved);
  EXPECT_THAT(outcome().message, HasSubstr("has locked known_hosts for 5s; lslocks(8)"));
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(HostTaskTest, ALockThatIsGivenBackIsNoTrouble) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  known_hosts_->add_status = absl::UnavailableError("another program has locked known_hosts");
  StartCommand();
  loop_.RunPosted();
  known_hosts_->add_status = absl::OkStatus();
  loop_.Advance(absl::Milliseconds(100));
  loop_.RunPosted();
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(HostTaskTest, NewKeysAreCounted) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  access_->new_host_keys = std::make_shared<NewHostKeys>();
  for (const bool keeps_nothing : {false, false, true}) {
    known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
    known_hosts_->keeps_nothing = keeps_nothing;
    StartCommand();
    loop_.RunPosted();
    task_.reset();
  }
  EXPECT_EQ(access_->new_host_keys->written, 2u);
  EXPECT_EQ(access_->new_host_keys->not_kept, 1u);
}

TEST_F(HostTaskTest, HashedNamesAreSearchedByAHelper) {
  known_hosts_->lookup = {KnownHosts::Verdict::kUnsearched, ""};
  known_hosts_->after_search = {KnownHosts::Verdict::kMatch, "known_hosts:7"};
  StartCommand();
  EXPECT_FALSE(loop_.WantsRead(fd_));
  EXPECT_THAT(server_.keys, IsEmpty());
  loop_.RunPosted();
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(HostTaskTest, AHostThatTheSearchDoesNotFindIsUnknown) {
  known_hosts_->lookup = {KnownHosts::Verdict::kUnsearched, ""};
  known_hosts_->after_search = {KnownHosts::Verdict::kUnknown, "",
                                "An authority counts for nothing."};
  StartCommand();
  loop_.RunPosted();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyUnknown);
  EXPECT_THAT(outcome().message, HasSubstr("An authority counts"));
}

TEST_F(HostTaskTest, MayBeDestroyedWhileAHelperSearches) {
  known_hosts_->lookup = {KnownHosts::Verdict::kUnsearched, ""};
  StartCommand();
  task_.reset();
  loop_.RunPosted();
  EXPECT_TRUE(server_.gone);
}

// --- A server that shows another key than the one that is known

// The server has keys of two types, and known_hosts one of them, under a hashed name.
class AnotherHostKeyTest : public HostTaskTest {
 protected:
  AnotherHostKeyTest() {
    known_hosts_->lookup = {KnownHosts::Verdict::kUnsearched, ""};
    known_hosts_->after_search = {KnownHosts::Verdict::kChanged, "known_hosts:7"};
    known_hosts_->types_after_search = {kKnown};
    known_hosts_->matching_type = kKnown;
    dial_.new_transport = [this](UniqueFd fd, SshTransportOptions options) {
      ++dials_;
      fd_ = fd.get();
      server_.gone = false;
      asked_ = options.known_key_types;
      server_.host_key.type = asked_ == has_ ? kKnown : "ssh-ed25519";
      return std::make_unique<FakeTransport>(std::move(fd), &server_);
    };
    connector_.on_connect = [this] { alone_ = dials_ == 0 || server_.gone; };
  }
  // Up to the second connection's start.
  void ShowTheOther() {
    StartCommand();
    loop_.RunPosted();
  }

  static constexpr char kKnown[] = "ecdsa-sha2-nistp256";
  std::vector<std::string> has_ = {kKnown};  // if asked for it
  std::vector<std::string> asked_;
  bool alone_ = false;  // the last connection: none before it was open any more
};

TEST_F(AnotherHostKeyTest, IsAskedForTheKnownOneOverASecondConnection) {
  ShowTheOther();
  EXPECT_TRUE(alone_);
  EXPECT_TRUE(connector_.Waits(kHost));
  EXPECT_THAT(server_.keys, IsEmpty());
  loop_.Advance(absl::Seconds(1));
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_THAT(asked_, ElementsAre(kKnown));
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
  EXPECT_EQ(dials_, 2);
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  EXPECT_EQ(outcome().timings.connected, absl::Seconds(1));
  EXPECT_EQ(outcome().timings.handshake, absl::Seconds(1));
}

TEST_F(AnotherHostKeyTest, ThatItDoesNotHaveIsAChangedKey) {
  has_ = {"nothing"};
  ShowTheOther();
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_THAT(asked_, ElementsAre(kKnown));
  EXPECT_EQ(outcome().cause, Cause::kHostKeyChanged);
  EXPECT_THAT(outcome().message, HasSubstr("known_hosts:7"));
  EXPECT_EQ(dials_, 2);
}

// At another port than 22 a key of the bare name alone changes nothing: the verdict is "unknown".
TEST_F(AnotherHostKeyTest, IsNotWrittenDownBesideTheKnownOne) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->after_search = {KnownHosts::Verdict::kUnknown, ""};
  ShowTheOther();
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
  EXPECT_THAT(known_hosts_->added, IsEmpty());
}

TEST_F(AnotherHostKeyTest, TakesOneConnectionOnceTheSearchIsRemembered) {
  known_hosts_->Search(kHost, 22);
  StartCommand();
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
  EXPECT_EQ(dials_, 1);
}

// As with plain names: the server was asked for the known key first, and does not have it.
TEST_F(AnotherHostKeyTest, IsNotAskedForWhatItWasAskedForAlready) {
  has_ = {"nothing"};
  known_hosts_->Search(kHost, 22);
  StartCommand();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyChanged);
  EXPECT_EQ(dials_, 1);
}

TEST_F(AnotherHostKeyTest, OfTheTypeThatIsKnownFirstIsChanged) {
  known_hosts_->types_after_search = {"ssh-ed25519", kKnown};
  ShowTheOther();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyChanged);
  EXPECT_EQ(dials_, 1);
}

// Known by one that comes first in known_hosts, by another of the type shown as well.
TEST_F(AnotherHostKeyTest, MattersNotWhereAnotherTypeIsKnownBeforeIt) {
  known_hosts_->types_after_search = has_ = {kKnown, "ssh-ed25519"};
  ShowTheOther();
  connector_.Succeed(kHost);
  loop_.Run();
  EXPECT_EQ(observer_.events[0].back(), "RUNNING");
}

TEST_F(AnotherHostKeyTest, SharesTheConnectLimit) {
  ShowTheOther();
  loop_.Advance(job_->timeouts.connect - absl::Seconds(1));
  EXPECT_FALSE(ended());
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_THAT(outcome().message, HasSubstr("finding and connecting to"));
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(AnotherHostKeyTest, IsNotAskedForAnyMoreOnceCanceled) {
  ShowTheOther();
  Cancel();
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kNotStarted);
  EXPECT_FALSE(connector_.Waits(kHost));
  EXPECT_EQ(dials_, 1);
}

TEST_F(AnotherHostKeyTest, IsNoMatterWhereTheSecondConnectionFails) {
  ShowTheOther();
  connector_.Fail(kHost, Cause::kRefused, "refused");
  loop_.Run();
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kRefused);
}

// What the pool is told: the last connection was slow, and the first one's SYN lost.
TEST_F(AnotherHostKeyTest, LeavesTheSecondConnectionToTellHowPromptTheServerIs) {
  Dialer::Result result;
  HostTimings timings;
  const Host host{0, kHost, 22, "ann", access_};
  Dialer dialer(
      host, &dial_, loop_.Now(), loop_.Now() + absl::Seconds(30), &timings, [] {},
      [&](Dialer::Result its) { result = std::move(its); });
  server_.logins = {AuthStep::kAccepted};
  dialer.Start();
  for (const bool first : {true, false}) {
    server_.handshake = Step::kAgain;
    connector_.Succeed(kHost, first);
    loop_.Advance(absl::Seconds(1));
    server_.handshake = Step::kDone;
    Ready();
    if (first) loop_.RunPosted();
  }
  loop_.Run();
  ASSERT_NE(result.transport, nullptr);
  EXPECT_EQ(timings.connected, absl::Seconds(1));
  EXPECT_EQ(timings.authenticated, absl::Seconds(2));
  EXPECT_FALSE(result.prompt);
  EXPECT_TRUE(result.congested);
}

// While a helper exchanged keys.
TEST_F(AnotherHostKeyTest, IsKnownOnceAnotherRunHasSearched) {
  server_.takes_long = true;
  StartCommand();
  known_hosts_->Search(kHost, 22);
  loop_.RunPosted();
  EXPECT_TRUE(alone_);
  EXPECT_EQ(connector_.hosts().size(), 2u);
}

TEST_F(HostTaskTest, MayBeDestroyedWhileAHelperWrites) {
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
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
  server_.failure = {Cause::kReset, true, "too many connections", true};
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
