// Logging in to a simulated server, on the same loop.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ssh_engine/libssh/libssh_transport.h"
#include "ssh_engine/loop/epoll_loop.h"
#include "tests/sim/connection.h"

namespace muster::engine {
namespace {

using ::testing::HasSubstr;
using AuthStep = SshTransport::AuthStep;
using Way = sim::PasswordRule::Way;
using Attempt = std::function<AuthStep(SshTransport*)>;

constexpr sim::Address kAddress = 0x7f000001;

// A connection to a server whose password is "secret". Everything is on the calling thread.
class Conversation final : private sim::ConnectionOwner {
 public:
  explicit Conversation(Way way) {
    behaviour_.password = {way, "secret"};
    int fds[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    sim::ConnectionOwner* const owner = this;
    server_ = std::make_unique<sim::Connection>(surroundings_, UniqueFd(fds[0]), kAddress,
                                                behaviour_, owner);
    SshTransportOptions options;
    options.user = "ann";
    transport_ = NewLibsshTransport(UniqueFd(fds[1]), options);
    watch_ = loop_->Watch(transport_->fd(), Priority::kNormal, [this](Readiness) { Advance(); });
  }

  // How the attempt ends, once the handshake is done. Once.
  AuthStep LogIn(Attempt attempt) {
    attempt_ = std::move(attempt);
    loop_->Post([this] {
      late_->Arm(absl::Seconds(60));
      server_->Start();
      Advance();
    });
    loop_->Run();
    return result_;
  }

  const SshTransport& transport() const { return *transport_; }

 private:
  void Advance() {
    if (!connected_) connected_ = transport_->Handshake() == SshTransport::Step::kDone;
    if (connected_) result_ = attempt_(transport_.get());
    if (result_ != AuthStep::kAgain) return loop_->Stop();
    watch_->SetInterest(true, transport_->WantsWrite());
  }
  void OnEnd(sim::Connection*) override {}

  const std::unique_ptr<EpollLoop> loop_ = EpollLoop::Create().value();
  sim::Buffers buffers_;
  sim::KeyExchange key_exchange_;
  const sim::HostKeys host_keys_{"test"};
  sim::Statistics statistics_;
  const sim::Surroundings surroundings_{loop_.get(), &buffers_,    &key_exchange_,
                                        &host_keys_, &statistics_, /*verify=*/false};
  sim::Behaviour behaviour_;
  std::unique_ptr<sim::Connection> server_;
  std::unique_ptr<SshTransport> transport_;
  std::unique_ptr<FdWatch> watch_;
  const std::unique_ptr<Timer> late_ = loop_->NewTimer([this] { loop_->Stop(); });
  Attempt attempt_;
  bool connected_ = false;
  AuthStep result_ = AuthStep::kAgain;
};

Attempt Password(const std::string& password) {
  return [password](SshTransport* server) { return server->AuthenticateByPassword(password); };
}

const Secret& SecretOf(const std::string& text) {
  static std::vector<std::unique_ptr<Secret>> kept;
  kept.push_back(std::make_unique<Secret>(text.size()));
  text.copy(kept.back()->data(), text.size());
  return *kept.back();
}

Attempt Answer(const std::string& password, const std::vector<PreparedAnswer>& answers = {}) {
  return [secret = &SecretOf(password), answers](SshTransport* server) {
    return server->AuthenticateByAnswers(secret, answers);
  };
}

Attempt PreparedAnswers(const std::vector<PreparedAnswer>& answers) {
  return
      [answers](SshTransport* server) { return server->AuthenticateByAnswers(nullptr, answers); };
}

TEST(LibsshLoginTest, ByPassword) {
  EXPECT_EQ(Conversation(Way::kPassword).LogIn(Password("secret")), AuthStep::kAccepted);
  Conversation wrong(Way::kPassword);
  EXPECT_EQ(wrong.LogIn(Password("guess")), AuthStep::kDenied);
  EXPECT_EQ(wrong.transport().AuthenticationMethods(), "password");
}

TEST(LibsshLoginTest, APasswordThatHasToBeChangedFirst) {
  EXPECT_EQ(Conversation(Way::kExpired).LogIn(Password("secret")), AuthStep::kExpired);
  EXPECT_EQ(Conversation(Way::kExpired).LogIn(Password("guess")), AuthStep::kDenied);
}

// After which the server tells something, and asks nothing.
TEST(LibsshLoginTest, ByTheAnswerToAQuestion) {
  EXPECT_EQ(Conversation(Way::kAnswer).LogIn(Answer("secret")), AuthStep::kAccepted);
  Conversation wrong(Way::kAnswer);
  EXPECT_EQ(wrong.LogIn(Answer("guess")), AuthStep::kDenied);
  EXPECT_TRUE(wrong.transport().answered().by_password);
  EXPECT_FALSE(wrong.transport().answered().by_answers);
  EXPECT_EQ(wrong.transport().AuthenticationMethods(), "keyboard-interactive");
}

TEST(LibsshLoginTest, ASecondQuestionIsNotAnsweredByThePassword) {
  Conversation renewal(Way::kRenew);
  EXPECT_EQ(renewal.LogIn(Answer("secret")), AuthStep::kUnproven);
  EXPECT_THAT(renewal.transport().question(), HasSubstr("New password:"));
}

TEST(LibsshLoginTest, NorIsOneWhoseAnswerIsShownWhileItIsTyped) {
  Conversation code(Way::kCode);
  EXPECT_EQ(code.LogIn(Answer("secret")), AuthStep::kUnproven);
  EXPECT_THAT(code.transport().question(), HasSubstr("Verification code:"));
}

// First of all "none", to learn how the server wants to be given it.
TEST(LibsshLoginTest, AfterAskingHow) {
  bool asked = false;
  const auto attempt = [&asked](SshTransport* server) {
    if (!asked) {
      const AuthStep step = server->AuthenticateWithoutKey();
      if (step != AuthStep::kDenied) return step;
      asked = true;
    }
    return server->AuthenticateByAnswers(&SecretOf("secret"), {});
  };
  EXPECT_EQ(Conversation(Way::kAnswer).LogIn(attempt), AuthStep::kAccepted);
}

// Also where the answer is shown while it is typed.
TEST(LibsshLoginTest, ByAPreparedAnswerInWhateverLetters) {
  EXPECT_EQ(Conversation(Way::kCode).LogIn(Answer("other", {{"VERIFICATION code", "secret"}})),
            AuthStep::kAccepted);
  Conversation wrong(Way::kCode);
  EXPECT_EQ(wrong.LogIn(Answer("secret", {{"code", "guess"}})), AuthStep::kDenied);
  EXPECT_TRUE(wrong.transport().answered().by_answers);
  EXPECT_FALSE(wrong.transport().answered().by_password);
  Conversation unknown(Way::kCode);
  EXPECT_EQ(unknown.LogIn(PreparedAnswers({{"badge", "secret"}})), AuthStep::kUnproven);
  EXPECT_THAT(unknown.transport().question(), HasSubstr("Verification code:"));
}

TEST(LibsshLoginTest, AnAnswerIsGivenOnce) {
  Conversation renewal(Way::kRenew);
  EXPECT_EQ(renewal.LogIn(PreparedAnswers({{"password", "secret"}})), AuthStep::kUnproven);
  EXPECT_THAT(renewal.transport().question(), HasSubstr("New password:"));
}

TEST(LibsshLoginTest, AllQuestionsOfARoundOrNone) {
  const PreparedAnswer code = {"code", "123456"};
  EXPECT_EQ(Conversation(Way::kTwoAtOnce).LogIn(Answer("secret", {code})), AuthStep::kAccepted);
  Conversation half(Way::kTwoAtOnce);
  EXPECT_EQ(half.LogIn(Answer("secret")), AuthStep::kUnproven);
  EXPECT_THAT(half.transport().question(), HasSubstr("Verification code:"));
}

TEST(LibsshLoginTest, AServerThatAsksNothingRefusesNothing) {
  EXPECT_EQ(Conversation(Way::kPassword).LogIn(Answer("secret")), AuthStep::kUnproven);
}

}  // namespace
}  // namespace muster::engine
