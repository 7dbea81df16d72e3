#include "ssh_engine/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using AuthStep = SshTransport::AuthStep;

class LoginTest : public ::testing::Test {
 protected:
  std::unique_ptr<Login> Make() {
    server_.keys.clear();
    auto transport = std::make_shared<FakeTransport>(UniqueFd(), &server_);
    return std::make_unique<Login>(std::move(transport), credential_, &preferred_, &loop_,
                                   &helpers_, [this] { ++helper_dones_; });
  }
  Identity AgentKey(const std::string& name) {
    Identity identity;
    identity.name = name;
    return identity;
  }

  SimulatedLoop loop_;
  HelperPool helpers_{1};
  FakeServer server_;
  std::shared_ptr<Credential> credential_ = std::make_shared<Credential>();
  size_t preferred_ = 0;
  int helper_dones_ = 0;
};

TEST_F(LoginTest, OffersKeysInTheirOrderAndRemembersTheOneThatWorked) {
  for (const char* name : {"a", "b", "c"}) credential_->identities.push_back(MakeIdentity(name));
  server_.logins = {AuthStep::kDenied, AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "b"));
  server_.logins = {AuthStep::kDenied, AuthStep::kDenied, AuthStep::kDenied};
  EXPECT_EQ(Make()->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("b", "a", "c"));
}

TEST_F(LoginTest, NoKeyAtAllSaysWhatToDo) {
  credential_->notes.push_back("~/.ssh/id_rsa is encrypted.");
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain("ann"), HasSubstr("no key to log in with as ann"));
  EXPECT_THAT(login->Explain("ann"), HasSubstr("~/.ssh/id_rsa is encrypted."));
}

TEST_F(LoginTest, WaitsForTheServer) {
  credential_->identities.push_back(MakeIdentity("a"));
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kAgain);
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
}

TEST_F(LoginTest, AsksTheAgentOnceForAllOfItsKeysOnAHelperThread) {
  credential_->agent_socket = "/agent";
  credential_->identities.push_back(MakeIdentity("a"));
  credential_->identities.push_back(AgentKey("x"));
  credential_->identities.push_back(AgentKey("y"));
  server_.logins = {AuthStep::kDenied};
  server_.agent = AuthStep::kAccepted;
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(helper_dones_, 1);
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "agent /agent"));
}

TEST_F(LoginTest, APartialSuccessIsExplained) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kPartial};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain("ann"), HasSubstr("wants another method too"));
}

TEST_F(LoginTest, ABrokenConnectionIsNoRefusal) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kFailed};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  EXPECT_EQ(login->refused(), 0u);
}

TEST_F(LoginTest, MayBeDestroyedWhileTheAgentIsAsked) {
  credential_->identities.push_back(AgentKey("x"));
  auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  login.reset();
  loop_.RunPosted();
  EXPECT_EQ(helper_dones_, 0);
  EXPECT_TRUE(server_.gone);
}

}  // namespace
}  // namespace muster::engine
