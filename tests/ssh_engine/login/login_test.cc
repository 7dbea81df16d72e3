#include "ssh_engine/login/login.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using AuthStep = SshTransport::AuthStep;

class LoginTest : public ::testing::Test {
 protected:
  std::unique_ptr<Login> Make() {
    server_.keys.clear();
    auto transport = std::make_shared<FakeTransport>(UniqueFd(), &server_);
    const Login::Surroundings surroundings = {&preferred_, &loop_, &helpers_, &helpers_};
    return std::make_unique<Login>(std::move(transport), credential_, "ann", surroundings,
                                   [this] { ++helper_dones_; });
  }
  Identity AgentKey(const std::string& name) {
    Identity identity;
    identity.name = name;
    identity.public_blob = name;
    identity.in_agent = true;
    return identity;
  }

  void GivePassword(const std::string& source = "") {
    credential_->password_source = source;
    auto secret = std::make_shared<Secret>(6);
    std::string("secret").copy(secret->data(), 6);
    credential_->password = std::move(secret);
  }

  SimulatedLoop loop_;
  HelperPool helpers_{1};
  FakeServer server_;
  std::shared_ptr<Credential> credential_ = std::make_shared<Credential>();
  Login::Enough preferred_;
  int helper_dones_ = 0;
};

TEST_F(LoginTest, OffersKeysInTheirOrderAndRemembersTheOneThatWorked) {
  for (const char* name : {"a", "b", "c"}) credential_->identities.push_back(MakeIdentity(name));
  server_.logins = {AuthStep::kDenied, AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "b"));
  server_.logins = {AuthStep::kDenied, AuthStep::kDenied, AuthStep::kDenied};
  EXPECT_EQ(Make()->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("b", "a", "c", "none"));
}

TEST_F(LoginTest, NoKeyAtAllSaysWhatToDo) {
  credential_->notes.push_back("~/.ssh/id_rsa is encrypted.");
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("no key to log in with as ann"));
  EXPECT_THAT(login->Explain(), HasSubstr("~/.ssh/id_rsa is encrypted."));
}

TEST_F(LoginTest, WhoHasNoKeyMayBeLetInWithoutOne) {
  server_.without_key = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none"));
}

TEST_F(LoginTest, WhoHasAKeyIsLetInWithoutOneOnlyAfterIt) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kDenied};
  server_.without_key = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "none"));
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a"));
}

TEST_F(LoginTest, NoFurtherKeyIsOfferedToAServerThatTakesNone) {
  for (const char* name : {"a", "b"}) credential_->identities.push_back(MakeIdentity(name));
  server_.methods = "password,keyboard-interactive";
  server_.logins = {AuthStep::kDenied, AuthStep::kDenied};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("a", "none"));
  EXPECT_THAT(login->Explain(), HasSubstr("It accepts: password,keyboard-interactive."));
}

TEST_F(LoginTest, WaitsForTheServer) {
  credential_->identities.push_back(MakeIdentity("a"));
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kAgain);
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
}

TEST_F(LoginTest, OffersTheAgentsKeysOneByOneOnAHelperThread) {
  credential_->agent_socket = "/agent";
  credential_->identities.push_back(MakeIdentity("a"));
  for (const char* name : {"x", "y", "z"}) credential_->identities.push_back(AgentKey(name));
  server_.logins = {AuthStep::kDenied, AuthStep::kDenied};
  server_.agent = {AuthStep::kDenied, AuthStep::kAccepted, AuthStep::kAccepted};
  auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(helper_dones_, 1);
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "x of /agent", "y of /agent"));
  EXPECT_EQ(login->refused(), 2u);

  login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("y of /agent"));
}

TEST_F(LoginTest, TheAgentIsAskedAgainWhenTheServerHasAnswered) {
  credential_->identities.push_back(AgentKey("x"));
  server_.agent = {AuthStep::kAgain, AuthStep::kAccepted};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kAgain);
  EXPECT_FALSE(login->busy());
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
}

TEST_F(LoginTest, AnAgentThatDoesNotSignIsNoRefusal) {
  credential_->identities.push_back(AgentKey("x"));
  server_.agent = {AuthStep::kUnproven};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_EQ(login->refused(), 0u);
  EXPECT_THAT(login->Explain(), HasSubstr("no key could be used to log in as ann."));
  EXPECT_THAT(login->Explain(), HasSubstr("No signature was made with x"));
}

TEST_F(LoginTest, TwoKeysInARowWhereTheServerWantsTwo) {
  for (const char* name : {"a", "b", "c"}) credential_->identities.push_back(MakeIdentity(name));
  server_.logins = {AuthStep::kDenied, AuthStep::kPartial, AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "b", "c"));
  server_.logins = {AuthStep::kPartial, AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("b", "c"));
}

TEST_F(LoginTest, APartialSuccessIsExplained) {
  for (const char* name : {"a", "b"}) credential_->identities.push_back(MakeIdentity(name));
  server_.logins = {AuthStep::kPartial};
  server_.methods = "password";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("a"));
  EXPECT_THAT(login->Explain(), HasSubstr("took a for user ann, but wants another method"));
  EXPECT_THAT(login->Explain(), HasSubstr("It accepts: password."));
}

TEST_F(LoginTest, APasswordIsOfferedOnceAndOnlyAsTheServerTakesIt) {
  GivePassword();
  EXPECT_EQ(Make()->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret"));
  server_.password = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);

  server_.methods = "publickey,keyboard-interactive";
  server_.answer = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "answer secret"));

  server_.methods = "publickey";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("none"));
  EXPECT_THAT(login->Explain(), HasSubstr("the server takes no password"));
  EXPECT_THAT(login->Explain(), HasSubstr("name a key file. It accepts: publickey."));
}

TEST_F(LoginTest, WhereThePasswordCameFromIsTold) {
  GivePassword("the vault");
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(),
              StartsWith("the server refused the password for user ann. The password came from the "
                         "vault. It accepts: "));
  EXPECT_THAT(login->Explain(), Not(HasSubstr("No password was given")));
}

// What it says of its own would be contradicted by advice.
TEST_F(LoginTest, ACredentialThatTellsWhyItIsEmptyGetsNoAdvice) {
  server_.methods = "publickey,password";
  credential_->notes = {"ssh_config switches keys off."};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_EQ(login->Explain(),
            "there is no key to log in with as ann. It accepts: publickey,password. ssh_config "
            "switches keys off.");
}

TEST_F(LoginTest, WhereThereIsNoPasswordAServerThatTakesOneIsTold) {
  server_.methods = "publickey,keyboard-interactive";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("No password was given: --ask-password"));
  server_.methods = "publickey";
  const auto other = Make();
  EXPECT_EQ(other->Advance(), Login::Step::kRefused);
  EXPECT_THAT(other->Explain(), Not(HasSubstr("password")));
}

TEST_F(LoginTest, AfterRefusedKeysAServerThatTakesNoPasswordIsTold) {
  GivePassword("the vault");
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kDenied};
  server_.methods = "publickey";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr(": a. It takes no password. It accepts: publickey."));
}

// PAM would count it twice.
TEST_F(LoginTest, ARefusedPasswordIsNotOfferedInTheOtherWay) {
  GivePassword();
  server_.methods = "password,keyboard-interactive";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret"));
  EXPECT_EQ(login->refused(), 1u);
  EXPECT_THAT(login->Explain(),
              StartsWith("the server refused the password for user ann. It accepts: "));
  EXPECT_THAT(login->Explain(), Not(HasSubstr("secret")));
}

TEST_F(LoginTest, KeysComeBeforeThePasswordAndAreToldApartFromIt) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kDenied};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("a", "password secret"));
  EXPECT_THAT(login->Explain(), HasSubstr("none of the keys that were offered for user ann: "
                                          "a. It refused the password as well."));
}

TEST_F(LoginTest, AKeyAndThePasswordWhereTheServerWantsBoth) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kPartial};
  server_.methods = "password";
  server_.password = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(preferred_, ElementsAre(0));
  server_.logins = {AuthStep::kPartial};
  server_.password = AuthStep::kDenied;
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("took a for user ann, but wants another method too. "
                                          "It refused the password."));
}

// It had refused the key before only because it wanted the password first.
TEST_F(LoginTest, AKeyIsOfferedAgainOnceThePasswordWasTaken) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kDenied, AuthStep::kAccepted};
  server_.password = AuthStep::kPartial;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("a", "password secret", "a"));
}

TEST_F(LoginTest, APasswordThatHasToBeChangedIsNoRefusal) {
  GivePassword();
  server_.password = AuthStep::kExpired;
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_EQ(login->refused(), 0u);
  EXPECT_THAT(login->Explain(), HasSubstr("the password of user ann to be changed first"));
}

TEST_F(LoginTest, AQuestionThatAPasswordDoesNotAnswerIsTold) {
  GivePassword();
  server_.methods = "keyboard-interactive";
  server_.answer = AuthStep::kUnproven;
  server_.question = "Verification code: ";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("does not answer: \"Verification code: \"."));
}

TEST_F(LoginTest, AServerThatHangsUpWhenItGetsThePasswordIsExplained) {
  GivePassword();
  server_.password = AuthStep::kFailed;
  server_.failure.message = "the server closed the connection without a word";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  EXPECT_THAT(login->ExplainEnd(), HasSubstr("while ann was to be logged in with the "
                                             "password. That account may not be let in"));
}

TEST_F(LoginTest, ABrokenConnectionIsNoRefusal) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kFailed};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  EXPECT_EQ(login->refused(), 0u);
}

TEST_F(LoginTest, AServerThatEndsTheLoginIsExplained) {
  for (const char* name : {"a", "b", "c"}) credential_->identities.push_back(MakeIdentity(name));
  server_.logins = {AuthStep::kDenied, AuthStep::kFailed};
  server_.failure.message = "it said \"Too many authentication failures\"";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  const std::string text = login->ExplainEnd();
  EXPECT_THAT(text, HasSubstr("to be logged in with b, after it had refused a. 2 of 3 keys"));
  EXPECT_THAT(text, HasSubstr("-i FILE --identities-only"));
}

TEST_F(LoginTest, WhereAllKeysWereOfferedNoneIsAdvised) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kFailed};
  server_.failure.message = "it said \"Too many authentication failures\"";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  EXPECT_THAT(login->ExplainEnd(), HasSubstr("with a. It took none of the keys."));
}

TEST_F(LoginTest, AnAccountThatIsNotLetInIsExplainedInTheServersWords) {
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kFailed};
  server_.failure.message = "the server closed the connection without a word";
  server_.login_text = "System is going down.";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kFailed);
  EXPECT_THAT(login->ExplainEnd(), HasSubstr("may not be let in, whatever the key"));
  EXPECT_THAT(login->ExplainEnd(), HasSubstr("said: \"System is going down.\""));
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

// --- The order

TEST_F(LoginTest, MethodsAreTriedInTheOrderThatIsAskedFor) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  credential_->methods = {"password", "publickey"};
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  // "none" tells how the server takes a password.
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret", "a"));
}

TEST_F(LoginTest, WhatIsNotNamedIsNotTried) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  credential_->methods = {"publickey"};
  server_.logins = {AuthStep::kDenied};
  EXPECT_EQ(Make()->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("a"));
  credential_->methods = {"keyboard-interactive"};
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("none"));
  EXPECT_THAT(login->Explain(),
              HasSubstr("to be tried (keyboard-interactive) the server takes none"));
}

TEST_F(LoginTest, AfterAPasswordKeysWhereTheServerWantsBoth) {
  GivePassword();
  credential_->identities.push_back(MakeIdentity("a"));
  credential_->methods = {"password", "publickey"};
  server_.password = AuthStep::kPartial;
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret", "a"));
}

// The server has taken it: to answer with it again is no guess.
TEST_F(LoginTest, APasswordThatWasTakenAnswersAQuestionToo) {
  GivePassword();
  server_.methods = "password,keyboard-interactive";
  server_.password = AuthStep::kPartial;
  server_.answer = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "password secret", "answer secret"));
}

// --- Answers

TEST_F(LoginTest, WhoHasAnswersIsAskedBeforeThePasswordIsOffered) {
  GivePassword();
  credential_->answers = {{"code", "123"}};
  server_.methods = "password,keyboard-interactive";
  server_.answer = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "answer secret 123"));
}

TEST_F(LoginTest, RefusedAnswersAreToldAndNotShown) {
  credential_->answers = {{"code", "123"}};
  server_.methods = "keyboard-interactive";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(server_.keys, ElementsAre("none", "answer 123"));
  EXPECT_THAT(login->Explain(), StartsWith("the server refused the answers for user ann."));
  EXPECT_THAT(login->Explain(), Not(HasSubstr("123")));
}

// A code that was refused says nothing of the password, which was not asked for.
TEST_F(LoginTest, WhatWasNotAskedForWasNotRefused) {
  GivePassword();
  credential_->answers = {{"code", "123"}};
  server_.methods = "password,keyboard-interactive";
  server_.asks_for_password = false;
  server_.password = AuthStep::kAccepted;
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "answer secret 123", "password secret"));
  credential_->methods = {"password", "keyboard-interactive"};
  server_.password = AuthStep::kPartial;
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("It refused the answers."));
}

TEST_F(LoginTest, AQuestionWithoutAnAnswerIsTold) {
  credential_->answers = {{"code", "123"}};
  server_.methods = "keyboard-interactive";
  server_.answer = AuthStep::kUnproven;
  server_.question = "Badge: ";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(), HasSubstr("something to which none of the answers that were given "
                                          "belongs, or not once more: \"Badge: \""));
}

// --- Tickets

TEST_F(LoginTest, TicketsComeFirstWhereTheServerTakesThem) {
  credential_->tickets = TicketSource{"", false, true, "ann@REALM"};
  credential_->identities.push_back(MakeIdentity("a"));
  server_.methods = "publickey,gssapi-with-mic";
  server_.ticket = AuthStep::kAccepted;
  server_.tickets_expire = absl::FromUnixSeconds(9);
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "ticket of ann@REALM"));
  EXPECT_EQ(login->expires(), absl::FromUnixSeconds(9));
}

TEST_F(LoginTest, TicketsAreNotLookedForWhereTheServerTakesNone) {
  credential_->tickets = TicketSource{"", false, true, "ann@REALM"};
  credential_->identities.push_back(MakeIdentity("a"));
  server_.logins = {AuthStep::kAccepted};
  EXPECT_EQ(Make()->Advance(), Login::Step::kDone);
  EXPECT_THAT(server_.keys, ElementsAre("none", "a"));
}

TEST_F(LoginTest, WhyThereIsNoTicketIsTold) {
  credential_->tickets = TicketSource{"", false, true, "ann@REALM"};
  server_.methods = "gssapi-with-mic";
  server_.ticket = AuthStep::kUnproven;
  server_.ticket_problem = "no such server";
  const auto login = Make();
  EXPECT_EQ(login->Advance(), Login::Step::kBusy);
  loop_.RunPosted();
  EXPECT_EQ(login->Advance(), Login::Step::kRefused);
  EXPECT_THAT(login->Explain(),
              HasSubstr("No Kerberos ticket of ann@REALM was used: no such server."));
}

}  // namespace
}  // namespace muster::engine
