// What a command's channel is given before the command is requested.
#include "tests/ssh_engine/run/host_task_fixture.h"

namespace muster::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class HostTaskTerminalTest : public HostTaskTest {
 protected:
  void WantTerminal() {
    job_->setup.terminal = Terminal{"vt100", {100, 30}};
    server_.input_room = 1000;
  }
};

TEST_F(HostTaskTerminalTest, NothingIsAskedForWhereNothingIsWanted) {
  StartCommand();
  EXPECT_FALSE(server_.setup.has_value());
  EXPECT_EQ(server_.inputs_ended, 1);
}

TEST_F(HostTaskTerminalTest, TheChannelIsSetUpBeforeTheGrant) {
  WantTerminal();
  job_->setup.environment = {{"A", "1"}};
  grants_ = false;
  StartCommand();
  ASSERT_TRUE(server_.setup.has_value());
  EXPECT_EQ(server_.setup->terminal->type, "vt100");
  EXPECT_EQ(server_.setup->terminal->size.columns, 100u);
  EXPECT_EQ(server_.setup->environment.at("A"), "1");
  EXPECT_EQ(server_.execs, 0);
  task_->Grant();
  EXPECT_EQ(server_.execs, 1);
}

TEST_F(HostTaskTerminalTest, TheHostsOwnFillsWhatTheJobLeavesOpen) {
  auto own = std::make_shared<ChannelSetup>();
  own->terminal = Terminal();
  own->environment = {{"A", "host's"}, {"B", "host's"}};
  setup_ = own;
  job_->setup.environment = {{"A", "job's"}};
  StartCommand();
  ASSERT_TRUE(server_.setup.has_value());
  EXPECT_EQ(server_.setup->terminal->type, "xterm");
  EXPECT_EQ(server_.setup->environment.at("A"), "job's");
  EXPECT_EQ(server_.setup->environment.at("B"), "host's");
}

TEST_F(HostTaskTerminalTest, WhereATerminalIsRefusedNothingRuns) {
  WantTerminal();
  server_.set_up = Step::kFailed;
  server_.failure = {Cause::kExecRefused, false, "the server gives no terminal"};
  StartCommand();
  ASSERT_TRUE(ended());
  EXPECT_EQ(server_.execs, 0);
  EXPECT_EQ(outcome().cause, Cause::kExecRefused);
  EXPECT_THAT(outcome().message, HasSubstr("gives no terminal"));
}

TEST_F(HostTaskTerminalTest, WhoDoesNotAnswerToItHasNotStartedAnything) {
  WantTerminal();
  server_.set_up = Step::kAgain;
  StartCommand();
  loop_.Advance(absl::Seconds(11));
  ASSERT_TRUE(ended());
  EXPECT_EQ(outcome().state, HostState::kConnectTimeout);
}

TEST_F(HostTaskTerminalTest, HostsThatRefuseAVariableAreCounted) {
  job_->refused_environment = std::make_shared<RefusedEnvironment>(0);
  job_->setup.environment = {{"A", "1"}, {"B", "2"}};
  server_.refuses_environment = true;
  StartCommand();
  Exit(0);
  EXPECT_EQ(outcome().state, HostState::kSucceeded);
  EXPECT_EQ(*job_->refused_environment, 1u);
}

// Closing its input would tell nobody anything.
TEST_F(HostTaskTerminalTest, WithoutInputTheEndIsTypedOnceTheCommandRuns) {
  WantTerminal();
  grants_ = false;
  StartCommand();
  EXPECT_EQ(server_.input, "");
  task_->Grant();
  EXPECT_EQ(server_.input, "\x04\x04");
  EXPECT_FALSE(server_.end_of_input);
  Exit(0);
  loop_.Advance(absl::Minutes(5));
  EXPECT_EQ(server_.input, "\x04\x04");
}

TEST_F(HostTaskTerminalTest, ANewSizeIsToldOnce) {
  WantTerminal();
  StartCommand();
  context_.action.terminal_size = TerminalSize{100, 30};
  task_->OnResize();
  EXPECT_THAT(server_.widths, IsEmpty());
  context_.action.terminal_size = TerminalSize{120, 30};
  task_->OnResize();
  task_->OnResize();
  EXPECT_THAT(server_.widths, ElementsAre(120u));
}

TEST_F(HostTaskTerminalTest, WhatStartsLaterHasTheNewestSize) {
  WantTerminal();
  context_.action.terminal_size = TerminalSize{120, 40};
  StartCommand();
  ASSERT_TRUE(server_.setup.has_value());
  EXPECT_EQ(server_.setup->terminal->size.columns, 120u);
  EXPECT_THAT(server_.widths, IsEmpty());
}

TEST_F(HostTaskTerminalTest, ASizeThatChangesWhileItIsSetUpIsToldAfterIt) {
  WantTerminal();
  server_.set_up = Step::kAgain;
  StartCommand();
  context_.action.terminal_size = TerminalSize{120, 40};
  task_->OnResize();
  EXPECT_THAT(server_.widths, IsEmpty());
  server_.set_up = Step::kDone;
  Ready();
  EXPECT_THAT(server_.widths, ElementsAre(120u));
}

TEST_F(HostTaskTerminalTest, WhereThereIsNoTerminalNoSizeIsTold) {
  StartCommand();
  context_.action.terminal_size = TerminalSize{120, 40};
  task_->OnResize();
  EXPECT_THAT(server_.widths, IsEmpty());
}

}  // namespace
}  // namespace muster::engine
