#include "ssh_engine/action/becoming.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "ssh_engine/base/shell_word.h"
#include "tests/ssh_engine/fakes.h"

namespace muster::engine {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kBegin[] = "muster-begin-T-";
constexpr char kQuestion[] = "muster-password-T-";
constexpr char kEnd[] = "muster-end-T-";

class BecomingTest : public ::testing::Test {
 protected:
  explicit BecomingTest(BecomeMethod method = BecomeMethod::kSudo) {
    become_->method = method;
    become_->password = Passphrase("s3cret");
    server_.input_room = 100;
  }

  void Begin() { becoming_ = std::make_unique<Becoming>(become_, "id", "T"); }
  std::string Answers() {
    becoming_->Answer(channel_.get());
    return server_.input;
  }
  HostOutcome Outcome() { return becoming_->Explain("web1 port 22", "ann"); }

  std::shared_ptr<Become> become_ = std::make_shared<Become>();
  FakeServer server_;
  FakeTransport transport_{UniqueFd(), &server_};
  std::unique_ptr<ExecChannel> channel_ =
      transport_.NewExecChannel([](OutputStream, absl::string_view) {});
  std::unique_ptr<Becoming> becoming_;
};

TEST_F(BecomingTest, ThePasswordIsSentOnceAndTheTalkIsNotShown) {
  Begin();
  EXPECT_EQ(becoming_->Hear(absl::StrCat("motd\n", kBegin, "lecture\n", kQuestion)), "motd\n");
  EXPECT_FALSE(becoming_->done());
  EXPECT_EQ(Answers(), "s3cret\n");
  EXPECT_EQ(Answers(), "s3cret\n");
  EXPECT_EQ(becoming_->Hear(absl::StrCat("\n", kEnd, "first line\n")), "first line\n");
  EXPECT_TRUE(becoming_->done());
  EXPECT_FALSE(becoming_->refused());
}

// Wherever the pieces that come are cut.
TEST_F(BecomingTest, MarksAreFoundAcrossPieces) {
  const std::string all = absl::StrCat("before muster-", kBegin, kQuestion, "x", kEnd, "after");
  for (size_t cut = 0; cut <= all.size(); ++cut) {
    Begin();
    const std::string first = becoming_->Hear(all.substr(0, cut));
    const std::string second =
        becoming_->done() ? all.substr(cut) : becoming_->Hear(all.substr(cut));
    EXPECT_EQ(first + second, "before muster-after") << cut;
    EXPECT_TRUE(becoming_->done()) << cut;
  }
}

TEST_F(BecomingTest, NobodyWhoDoesNotKnowTheMarkGetsThePassword) {
  Begin();
  becoming_->Hear(absl::StrCat(kQuestion, kBegin, "Password: muster-password-U-"));
  EXPECT_THAT(Answers(), IsEmpty());
  EXPECT_FALSE(becoming_->refused());
}

TEST_F(BecomingTest, NoRoomIsWaitedFor) {
  Begin();
  server_.input_room = 3;
  becoming_->Hear(absl::StrCat(kBegin, kQuestion));
  EXPECT_THAT(Answers(), IsEmpty());
  server_.input_room = 100;
  EXPECT_EQ(Answers(), "s3cret\n");
}

TEST_F(BecomingTest, ASecondQuestionIsARefusal) {
  Begin();
  becoming_->Hear(absl::StrCat(kBegin, kQuestion));
  Answers();
  becoming_->Hear(absl::StrCat("\nSorry, try again.\n", kQuestion));
  EXPECT_TRUE(becoming_->refused());
  EXPECT_EQ(Answers(), "s3cret\n");
  EXPECT_EQ(Outcome().state, HostState::kBecomeFailed);
  EXPECT_EQ(Outcome().cause, Cause::kBecomePassword);
  EXPECT_THAT(Outcome().message,
              AllOf(HasSubstr("ann did not become root: sudo refused the password"),
                    HasSubstr("Nothing was run"), Not(HasSubstr("s3cret"))));
}

TEST_F(BecomingTest, WithoutAPasswordTheFirstQuestionIsOne) {
  become_->password = Passphrase();
  Begin();
  becoming_->Hear(absl::StrCat(kBegin, kQuestion));
  EXPECT_TRUE(becoming_->refused());
  EXPECT_THAT(Answers(), IsEmpty());
  EXPECT_THAT(Outcome().message, HasSubstr("asks for a password, and none was given"));
}

TEST_F(BecomingTest, WhatTheProgramSaysIsTold) {
  struct {
    const char* said;
    Cause cause;
  } const cases[] = {
      {"ann is not in the sudoers file.", Cause::kBecomeNotAllowed},
      {"Sorry, user ann is not allowed to execute /bin/sh as root", Cause::kBecomeNotAllowed},
      {"sudo: 1 incorrect password attempt", Cause::kBecomePassword},
      {"sudo: unknown user bob", Cause::kBecomeUnavailable},
      {"sh: 1: exec: sudo: not found", Cause::kBecomeUnavailable},
      {"", Cause::kBecomeUnavailable},
  };
  for (const auto& each : cases) {
    Begin();
    becoming_->Hear(absl::StrCat(kBegin, each.said));
    EXPECT_EQ(Outcome().cause, each.cause) << each.said;
    EXPECT_THAT(Outcome().message, HasSubstr(each.said));
  }
  Begin();
  becoming_->Hear(absl::StrCat(kBegin, "sudo: sorry, you must have a tty to run sudo\n"));
  EXPECT_THAT(Outcome().message, HasSubstr("--tty"));
}

TEST_F(BecomingTest, OfALongTalkTheEndIsKept) {
  Begin();
  becoming_->Hear(kBegin);
  for (int i = 0; i < 1000; ++i) becoming_->Hear("blah blah blah\n");
  becoming_->Hear(kQuestion);
  EXPECT_EQ(Answers(), "s3cret\n");
}

class BecomingBySuTest : public BecomingTest {
 protected:
  BecomingBySuTest() : BecomingTest(BecomeMethod::kSu) {}
};

TEST_F(BecomingBySuTest, ItsQuestionIsKnownByItsWords) {
  Begin();
  becoming_->Hear("Password: ");
  EXPECT_THAT(Answers(), IsEmpty());  // before su began
  becoming_->Hear(absl::StrCat(kBegin, "Pass"));
  EXPECT_THAT(Answers(), IsEmpty());
  becoming_->Hear("word: ");
  EXPECT_EQ(Answers(), "s3cret\n");
  becoming_->Hear("\nsu: Authentication failure\n");
  EXPECT_FALSE(becoming_->refused());
  EXPECT_EQ(Outcome().cause, Cause::kBecomePassword);
}

// In the place of sudo, one that runs what it is to run at once.
class BecomingLineTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ + "/sudo") << "#!/bin/sh\n"
                                        "while [ \"$1\" != -- ]; do shift; done; shift\n"
                                        "exec \"$@\"\n";
    std::filesystem::permissions(folder_ + "/sudo", std::filesystem::perms::owner_all);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Run(const std::string& line) {
    const Becoming becoming(std::make_shared<Become>(), line, "T");
    const std::string command = absl::StrCat("PATH=", folder_, ":$PATH ", GetParam(), " -c ",
                                             QuotedWord(becoming.line()), " 2>&1");
    std::string output;
    FILE* const pipe = popen(command.c_str(), "r");
    std::array<char, 4096> buffer;
    for (size_t got; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
      output.append(buffer.data(), got);
    }
    pclose(pipe);
    return output;
  }

  const std::string folder_ = absl::StrCat(::testing::TempDir(), "/becoming.", getpid());
};

TEST_P(BecomingLineTest, TheLineReachesTheOtherUsersShellAsItIs) {
  const std::string marks = absl::StrCat(kBegin, kEnd);
  EXPECT_EQ(Run("echo hi; exit 3"), marks + "hi\n");
  EXPECT_EQ(Run("printf '%s|' \"a'b\" 'c\\d' \"$((40+2))!\" 'x\ny' \"\n\""),
            marks + "a'b|c\\d|42!|x\ny|\n|");
  EXPECT_EQ(Run("# a comment\necho \x01 two\n"), marks + "\x01 two\n");
  EXPECT_EQ(Run("echo $0 $# ${1-none} ${LANGUAGE-unset}"), marks + "/bin/sh 0 none unset\n");
}

INSTANTIATE_TEST_SUITE_P(LoginShells, BecomingLineTest,
                         ::testing::Values("/bin/sh", "bash", "zsh", "fish", "tcsh", "busybox sh"));

}  // namespace
}  // namespace muster::engine
