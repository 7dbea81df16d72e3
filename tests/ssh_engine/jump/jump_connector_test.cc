#include "ssh_engine/jump/jump_connector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "absl/strings/str_cat.h"
#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kGate[] = "gate";
constexpr absl::Duration kTimeout = absl::Seconds(10);

class JumpConnectorTest : public ::testing::Test {
 protected:
  struct Customer {
    std::unique_ptr<Connector::Attempt> attempt;
    ConnectResult result;
    bool answered = false;
  };

  JumpConnectorTest() {
    auto credential = std::make_shared<Credential>();
    credential->id = "key";
    credential->identities.push_back(MakeIdentity("key"));
    access_->known_hosts = known_hosts_;
    access_->jump_hosts = {{kGate, 2222, "ann"}};
    access_->credential = std::move(credential);
    context_.loop = &loop_;
    context_.connector = &direct_;
    context_.proxies = &proxies_;
    context_.new_transport = [this](UniqueFd fd, SshTransportOptions options) {
      user_ = options.user;
      return std::make_unique<FakeTransport>(std::move(fd), &gate_);
    };
    context_.timeout = kTimeout;
    context_.access = access_;
    gate_.handshake = SshTransport::Step::kDone;
    gate_.logins = {SshTransport::AuthStep::kAccepted};
  }

  // What a run gets; outlives its attempts.
  DialContext& Context() {
    DialContext& context = contexts_.emplace_back(context_);
    AddJumpHosts(&links_, &context);
    return context;
  }
  Customer* Connect(const DialContext& context, const std::string& host) {
    Customer* customer = &customers_.emplace_back();
    customer->attempt = context.connector->Connect(host, 22, {}, [customer](ConnectResult result) {
      customer->result = std::move(result);
      customer->answered = true;
    });
    loop_.Run();
    return customer;
  }
  void LetIn() {
    direct_.Succeed(kGate);
    loop_.Run();
  }

  SimulatedLoop loop_;
  FakeConnector direct_;
  FakeProxyConnector proxies_;
  FakeServer gate_;
  std::string user_;
  std::shared_ptr<FakeKnownHosts> known_hosts_ = std::make_shared<FakeKnownHosts>();
  std::shared_ptr<Access> access_ = std::make_shared<Access>();
  DialContext context_;
  JumpLinks links_{&loop_, SessionLimits{1024, absl::Minutes(1), absl::Hours(1)}};
  std::deque<DialContext> contexts_;
  std::deque<Customer> customers_;
};

TEST_F(JumpConnectorTest, OneConnectionToTheJumpHostCarriesAll) {
  const DialContext& context = Context();
  EXPECT_EQ(context.jump_path, "ann@gate:2222");
  Connect(context, "a");
  Connect(context, "b");
  EXPECT_THAT(direct_.hosts(), ElementsAre(kGate));
  LetIn();
  EXPECT_EQ(user_, "ann");
  ASSERT_THAT(gate_.tunnels, SizeIs(2));
  Connect(context, "c");
  EXPECT_THAT(gate_.tunnels, SizeIs(3));
  EXPECT_THAT(direct_.hosts(), SizeIs(1));
}

TEST_F(JumpConnectorTest, AnotherRunUsesTheSame) {
  const DialContext& context = Context();
  Connect(context, "a");
  LetIn();
  Connect(Context(), "b");
  EXPECT_THAT(gate_.tunnels, SizeIs(2));
}

TEST_F(JumpConnectorTest, NotARunThatDoesNotTrustTheJumpHost) {
  const DialContext& context = Context();
  Connect(context, "a");
  LetIn();
  known_hosts_->lookup.verdict = KnownHosts::Verdict::kUnknown;
  const DialContext& other = Context();
  Customer* customer = Connect(other, "b");
  ASSERT_THAT(direct_.hosts(), SizeIs(2));
  LetIn();
  EXPECT_EQ(customer->result.state, HostState::kHostKeyRejected);
  EXPECT_THAT(customer->result.message, HasSubstr("gate port 2222"));
}

TEST_F(JumpConnectorTest, NorOneWithAnotherCredential) {
  const DialContext& context = Context();
  Connect(context, "a");
  LetIn();
  auto credential = std::make_shared<Credential>();
  credential->id = "other";
  auto access = std::make_shared<Access>(*access_);
  access->credential = std::move(credential);
  context_.access = std::move(access);
  const DialContext& other = Context();
  Connect(other, "b");
  EXPECT_THAT(direct_.hosts(), SizeIs(2));
}

// What is beyond a gate is only as sure as the gate.
TEST_F(JumpConnectorTest, NotOneBeyondAGateThatItDoesNotTrust) {
  access_->jump_hosts.push_back({"inner", 22, "bob"});
  auto of_gate = std::make_shared<FakeKnownHosts>();
  auto gates = std::make_shared<Access>(*access_);
  gates->known_hosts = of_gate;
  access_->jump_hosts[0].access = gates;
  Connect(Context(), "a");
  LetIn();
  ASSERT_THAT(gate_.tunnels, SizeIs(1));
  gate_.tunnels[0]->open = SshTunnel::Step::kDone;  // to inner
  loop_.Run();
  const DialContext& same = Context();
  Connect(same, "b");
  EXPECT_THAT(direct_.hosts(), SizeIs(1)) << "it goes by the same";
  of_gate->lookup.verdict = KnownHosts::Verdict::kChanged;
  Connect(Context(), "c");
  EXPECT_THAT(direct_.hosts(), SizeIs(2)) << "the gate is asked again";
}

TEST_F(JumpConnectorTest, AWayIsTheSameForTheSameLogins) {
  const std::string with_key = Context().way_id;
  EXPECT_EQ(Context().way_id, with_key);
  auto credential = std::make_shared<Credential>();
  credential->id = "other";
  auto of_gate = std::make_shared<Access>(*access_);
  of_gate->credential = std::move(credential);
  access_->jump_hosts[0].access = std::move(of_gate);
  EXPECT_NE(Context().way_id, with_key);
  EXPECT_EQ(Context().jump_path, "ann@gate:2222");
}

TEST_F(JumpConnectorTest, AWayIsTrustedWhereEachKeyIs) {
  const DialContext& context = Context();
  Way way;
  EXPECT_FALSE(TrustsWay(context.hops, nullptr));
  EXPECT_FALSE(TrustsWay(context.hops, &way));
  way.host_keys = {{"ssh-ed25519", "blob"}};
  EXPECT_TRUE(TrustsWay(context.hops, &way));
  known_hosts_->lookup.verdict = KnownHosts::Verdict::kRevoked;
  EXPECT_FALSE(TrustsWay(context.hops, &way));
  EXPECT_TRUE(TrustsWay({}, nullptr));
}

TEST_F(JumpConnectorTest, AJumpHostMayHaveItsOwnAccess) {
  auto credential = std::make_shared<Credential>();
  credential->id = "of the gate";
  credential->identities.push_back(MakeIdentity("key of the gate"));
  auto of_gate = std::make_shared<Access>(*access_);
  of_gate->credential = std::move(credential);
  of_gate->connect.timeout = absl::Seconds(3);
  access_->jump_hosts[0].access = of_gate;
  access_->jump_hosts[0].host_key_alias = "bastion";
  const DialContext& context = Context();
  EXPECT_EQ(context.access, access_);
  EXPECT_EQ(context.timeout, kTimeout);
  Connect(context, "a");
  LetIn();
  EXPECT_THAT(gate_.keys, ElementsAre("key of the gate"));
  EXPECT_EQ(known_hosts_->checked, "bastion:22");
}

TEST_F(JumpConnectorTest, WhoIsNotLetInTriesOnce) {
  gate_.logins = {SshTransport::AuthStep::kDenied};
  const DialContext& context = Context();
  Customer* first = Connect(context, "a");
  LetIn();
  EXPECT_EQ(first->result.state, HostState::kAuthenticationFailed);
  EXPECT_THAT(first->result.message, HasSubstr("jump host ann@gate:2222"));
  Customer* second = Connect(context, "b");
  EXPECT_EQ(second->result.state, HostState::kAuthenticationFailed);
  EXPECT_THAT(direct_.hosts(), SizeIs(1));
}

TEST_F(JumpConnectorTest, AJumpHostIsAskedForTheKeyThatIsKnown) {
  known_hosts_->lookup = {KnownHosts::Verdict::kUnsearched, ""};
  known_hosts_->after_search = {KnownHosts::Verdict::kChanged, "known_hosts:7"};
  known_hosts_->types_after_search = {"ssh-rsa"};
  known_hosts_->matching_type = "ssh-rsa";
  HelperPool helpers(1);
  context_.helpers = &helpers;
  const DialContext& context = Context();
  Connect(context, "a");
  LetIn();
  loop_.RunPosted();
  EXPECT_TRUE(gate_.gone);
  EXPECT_THAT(gate_.tunnels, IsEmpty());
  gate_.host_key.type = "ssh-rsa";
  LetIn();
  EXPECT_THAT(gate_.tunnels, SizeIs(1));
  EXPECT_THAT(direct_.hosts(), ElementsAre(kGate, kGate));
}

TEST_F(JumpConnectorTest, WhatCanPassIsTriedAgain) {
  const DialContext& context = Context();
  Customer* first = Connect(context, "a");
  direct_.Fail(kGate, Cause::kRefused, "nobody listens");
  loop_.Run();
  EXPECT_EQ(first->result.state, HostState::kUnreachable);
  EXPECT_EQ(first->result.cause, Cause::kRefused);
  Connect(context, "b");
  EXPECT_THAT(direct_.hosts(), SizeIs(2));
  LetIn();
  EXPECT_THAT(gate_.tunnels, SizeIs(1));
}

TEST_F(JumpConnectorTest, ASilentJumpHostTimesOut) {
  const DialContext& context = Context();
  Customer* customer = Connect(context, "a");
  loop_.Advance(kTimeout);
  EXPECT_EQ(customer->result.state, HostState::kConnectTimeout);
}

TEST_F(JumpConnectorTest, PastWhatOneCarriesThereIsASecond) {
  const DialContext& context = Context();
  Connect(context, "a");
  LetIn();
  for (size_t i = 1; i < JumpLink::kMaxTunnels; ++i) Connect(context, "a");
  EXPECT_THAT(direct_.hosts(), SizeIs(1));
  Connect(context, "b");
  EXPECT_THAT(direct_.hosts(), SizeIs(2));
}

TEST_F(JumpConnectorTest, AnUnusedOneIsClosed) {
  const DialContext& context = Context();
  Customer* customer = Connect(context, "a");
  LetIn();
  loop_.Advance(absl::Minutes(2));
  EXPECT_FALSE(gate_.gone);
  gate_.tunnels[0]->open = SshTunnel::Step::kFailed;
  customer->attempt.reset();
  loop_.Run();
  loop_.Advance(absl::Seconds(50));
  EXPECT_FALSE(gate_.gone);
  loop_.Advance(absl::Seconds(20));
  EXPECT_TRUE(gate_.gone);
}

TEST_F(JumpConnectorTest, AnOldOneCarriesNothingNewAndIsClosedWhenItCarriesNothing) {
  const DialContext& context = Context();
  Customer* customer = Connect(context, "a");
  LetIn();
  loop_.Advance(absl::Hours(1));
  EXPECT_FALSE(gate_.gone);
  Connect(context, "b");
  EXPECT_THAT(direct_.hosts(), SizeIs(2));
  gate_.tunnels[0]->open = SshTunnel::Step::kFailed;
  customer->attempt.reset();
  loop_.Run();
  loop_.Advance(absl::Seconds(10));
  EXPECT_TRUE(gate_.gone);
}

TEST_F(JumpConnectorTest, OneThatPenalizesUsIsNotTriedAgain) {
  gate_.handshake = SshTransport::Step::kFailed;
  gate_.failure = {Cause::kPenalized, true, "not at this time"};
  const DialContext& context = Context();
  Customer* first = Connect(context, "a");
  LetIn();
  EXPECT_EQ(first->result.state, HostState::kThrottled);
  EXPECT_EQ(first->result.cause, Cause::kPenalized);
  Customer* second = Connect(context, "b");
  EXPECT_EQ(second->result.cause, Cause::kPenalized);
  EXPECT_THAT(direct_.hosts(), SizeIs(1));
}

TEST_F(JumpConnectorTest, OneAfterTheOther) {
  access_->jump_hosts.push_back({"::1", 22, "bob"});
  const DialContext& context = Context();
  EXPECT_EQ(context.jump_path, "ann@gate:2222,bob@[::1]:22");
  Connect(context, "a");
  LetIn();
  ASSERT_THAT(gate_.tunnels, SizeIs(1));
  EXPECT_EQ(gate_.tunnels[0]->target, "::1:22");
}

TEST_F(JumpConnectorTest, TheFirstIsReachedByItsProxyCommand) {
  access_->jump_hosts[0].proxy_command =
      std::make_shared<const ProxyCommand>(ProxyCommand{"nc gate 2222", ""});
  access_->jump_hosts.push_back({"inner", 22, "bob"});
  const DialContext& context = Context();
  EXPECT_EQ(context.jump_path, "ProxyCommand,ann@gate:2222,bob@inner:22");
  EXPECT_THAT(context.way_id, HasSubstr("nc gate 2222"));
  Customer* customer = Connect(context, "a");
  EXPECT_THAT(direct_.hosts(), IsEmpty());
  EXPECT_THAT(proxies_.lines, ElementsAre("nc gate 2222"));
  proxies_.Fail("nc gate 2222", Cause::kReset, "no.");
  loop_.Run();
  EXPECT_EQ(customer->result.message,
            "on the way, jump host bob@inner:22: on the way, jump host ann@gate:2222: gate port "
            "2222 by way of ProxyCommand: no.");
}

TEST_F(JumpConnectorTest, ByAnotherProxyCommandItIsAnotherLink) {
  const auto way = [this](const std::string& line) -> const DialContext& {
    access_->jump_hosts[0].proxy_command =
        std::make_shared<const ProxyCommand>(ProxyCommand{line, ""});
    return Context();
  };
  Connect(way("nc gate"), "a");
  proxies_.Succeed("nc gate");
  loop_.Run();
  ASSERT_THAT(gate_.tunnels, SizeIs(1));
  Connect(way("nc gate"), "b");
  EXPECT_THAT(gate_.tunnels, SizeIs(2));
  Connect(way("nc -4 gate"), "c");
  EXPECT_THAT(gate_.tunnels, SizeIs(2));
  EXPECT_THAT(proxies_.lines, ElementsAre("nc gate", "nc -4 gate"));
}

TEST_F(JumpConnectorTest, WhoGivesUpInTheMeantimeIsForgotten) {
  DialContext& context = Context();
  Customer* customer = Connect(context, "a");
  customer->attempt.reset();
  LetIn();
  EXPECT_FALSE(customer->answered);
  EXPECT_THAT(gate_.tunnels, SizeIs(0));
  // A run that ends while its jump host is being connected to.
  known_hosts_->lookup.verdict = KnownHosts::Verdict::kUnknown;
  Customer* late = Connect(context, "b");
  late->attempt.reset();
  context = DialContext();
  EXPECT_FALSE(direct_.Waits(kGate));
}

}  // namespace
}  // namespace muster::engine
