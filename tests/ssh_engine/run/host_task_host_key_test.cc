#include <future>

#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

TEST_F(HostTaskTest, WithoutACheckOnlyARevokedKeyIsRejected) {
  access_->host_key_policy = HostKeyPolicy::kOff;
  using Verdict = KnownHosts::Verdict;
  for (const auto verdict : {Verdict::kUnknown, Verdict::kChanged, Verdict::kUnsearched}) {
    known_hosts_->lookup = {verdict, "known_hosts:3"};
    StartCommand();
    EXPECT_EQ(observer_.events[0].back(), "RUNNING");
    task_.reset();
  }
  EXPECT_THAT(known_hosts_->added, IsEmpty());
  known_hosts_->lookup = {Verdict::kRevoked, "known_hosts:3"};
  StartCommand();
  EXPECT_EQ(outcome().cause, Cause::kHostKeyRevoked);
}

// As ssh's HostKeyAlias, whatever the port.
TEST_F(HostTaskTest, AHostKeyIsLookedUpAndWrittenUnderItsAlias) {
  alias_ = "blade";
  access_->host_key_policy = HostKeyPolicy::kAcceptNew;
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  StartCommand();
  loop_.RunPosted();
  EXPECT_EQ(known_hosts_->checked, "blade:22");
  EXPECT_THAT(known_hosts_->added, ElementsAre("blade:22"));
}

TEST_F(HostTaskTest, AMessageAboutAHostKeyNamesTheAlias) {
  alias_ = "blade";
  known_hosts_->lookup = {KnownHosts::Verdict::kUnknown, ""};
  StartCommand();
  EXPECT_THAT(outcome().message, HasSubstr("a key of web1 port 2222 (host key alias blade)"));
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

}  // namespace
}  // namespace muster::engine
