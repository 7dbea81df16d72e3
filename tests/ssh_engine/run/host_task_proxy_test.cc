// By way of a ProxyCommand.
#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr char kLine[] = "nc web1 22";

class HostTaskProxyTest : public HostTaskTest {
 protected:
  HostTaskProxyTest() { Use(kLine); }
  void Use(const std::string& line) {
    proxy_command_ = std::make_shared<const ProxyCommand>(ProxyCommand{line, ""});
  }
  // Up to the handshake.
  std::shared_ptr<FakeProxyProcess> Begin() {
    Start();
    auto process = proxies_.Succeed(kLine).lock();
    loop_.Run();
    return process;
  }
  void End(FakeProxyProcess* process, bool failed, const std::string& text) {
    process->End(failed, text);
    loop_.Run();
  }
};

TEST_F(HostTaskProxyTest, ItIsAskedInPlaceOfTheNetworkAndLivesAsLongAsTheSession) {
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted};
  server_.open = server_.exec = Step::kDone;
  Start();
  const std::weak_ptr<FakeProxyProcess> process = proxies_.Succeed(kLine);
  loop_.Run();
  EXPECT_THAT(connector_.hosts(), ElementsAre());
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  task_.reset();
  EXPECT_EQ(pool_.idle_sessions(), 1u);
  EXPECT_FALSE(process.expired());
  loop_.Advance(SessionLimits().max_idle);
  EXPECT_EQ(pool_.idle_sessions(), 0u);
  EXPECT_TRUE(process.expired());
}

TEST_F(HostTaskProxyTest, AnotherCommandIsAnotherWay) {
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kAccepted, AuthStep::kAccepted};
  server_.open = server_.exec = Step::kDone;
  Begin();
  Exit(0);
  Start();
  EXPECT_THAT(proxies_.lines, ElementsAre(kLine));  // a warm session
  task_.reset();
  Use("nc other 22");
  Start();
  EXPECT_THAT(proxies_.lines, ElementsAre(kLine, "nc other 22"));
}

TEST_F(HostTaskProxyTest, OneThatFailsIsWaitedForAndSaysWhy) {
  auto process = Begin();
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kNone, true, "the server closed the connection before its banner"};
  Ready();
  EXPECT_FALSE(ended());
  End(process.get(), true, "ProxyCommand ended with status 1, saying \"nc: refused\"");
  ASSERT_TRUE(ended());
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_EQ(outcome().cause, Cause::kReset);
  EXPECT_EQ(outcome().message,
            "web1 port 22 by way of ProxyCommand: ProxyCommand ended with status 1, saying \"nc: "
            "refused\", during the SSH handshake with it.");
}

TEST_F(HostTaskProxyTest, OneThatEndsWellHasNotFailedTheServerHas) {
  job_->retries.throttled = 0;
  auto process = Begin();
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kNone, true, "the server closed the connection before its banner"};
  Ready();
  End(process.get(), false, "ProxyCommand ended with status 0");
  EXPECT_EQ(outcome().state, HostState::kThrottled);
  EXPECT_THAT(outcome().message, EndsWith("its banner. ProxyCommand ended with status 0."));
}

TEST_F(HostTaskProxyTest, WhatIsNotSshSaysMoreThanItsStatus) {
  auto process = Begin();
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kProtocol, false, "expected an SSH banner, got \"usage\""};
  Ready();
  End(process.get(), true, "ProxyCommand ended with status 2");
  EXPECT_EQ(outcome().cause, Cause::kProtocol);
  EXPECT_THAT(outcome().message, HasSubstr("got \"usage\". ProxyCommand ended with status 2."));
}

TEST_F(HostTaskProxyTest, OneThatFailsDuringTheLoginIsNoRefusal) {
  auto process = Begin();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  server_.failure = {Cause::kReset, false, "the server closed the connection without a word", true};
  Ready();
  End(process.get(), true, "ProxyCommand was ended by signal 9");
  EXPECT_EQ(outcome().state, HostState::kUnreachable);
  EXPECT_THAT(outcome().message, HasSubstr("signal 9, during logging in to it."));
}

TEST_F(HostTaskProxyTest, AServerThatClosesDuringTheLoginRefusesItThroughOne) {
  auto process = Begin();
  server_.handshake = Step::kDone;
  server_.logins = {AuthStep::kFailed};
  server_.failure = {Cause::kReset, false, "the server closed the connection without a word", true};
  Ready();
  End(process.get(), false, "ProxyCommand ended with status 0");
  EXPECT_EQ(outcome().state, HostState::kAuthenticationFailed);
}

TEST_F(HostTaskProxyTest, WhatItHasSaidIsToldWhenItTakesTooLong) {
  auto process = Begin();
  process->told.text = "ProxyCommand has said \"trying\"";
  loop_.Advance(job_->timeouts.connect);
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  EXPECT_THAT(outcome().message, EndsWith("(connect timeout). ProxyCommand has said \"trying\"."));
  EXPECT_EQ(process.use_count(), 1);
}

TEST_F(HostTaskProxyTest, TheTimeoutCountsWhileAReportIsAwaited) {
  auto process = Begin();
  loop_.Advance(job_->timeouts.connect - absl::Milliseconds(1));
  server_.handshake = Step::kFailed;
  server_.failure = {Cause::kNone, true, "the server closed the connection before its banner"};
  Ready();
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
  End(process.get(), true, "ProxyCommand ended with status 1");
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
}

TEST_F(HostTaskProxyTest, OneThatDoesNotStartIsToldWithItsHost) {
  Start();
  proxies_.Fail(kLine, Cause::kReset, "ProxyCommand could not be started: no.");
  loop_.Run();
  EXPECT_EQ(outcome().cause, Cause::kReset);
  EXPECT_EQ(outcome().message,
            "web1 port 22 by way of ProxyCommand: ProxyCommand could not be started: no.");
}

TEST_F(HostTaskProxyTest, CancelLetsItGo) {
  auto process = Begin();
  Cancel();
  EXPECT_TRUE(ended());
  loop_.Run();
  EXPECT_EQ(process.use_count(), 1);
}

}  // namespace
}  // namespace muster::engine
