#include "ssh_engine/proxy/proxy_connector.h"

#include <errno.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 does not say so itself
#include <sys/pidfd.h>
}

#include <deque>
#include <fstream>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Says which process it is, then goes on.
constexpr char kTellPid[] = "sh -c 'echo $$; exec ";

class ProxyConnectorTest : public ::testing::Test {
 protected:
  struct Customer {
    std::unique_ptr<Connector::Attempt> attempt;
    ConnectResult result;
    bool answered = false;
    std::vector<ProxyProcess::Report> reports;
  };

  ProxyConnectorTest() { setenv("SHELL", "/bin/sh", 1); }

  Customer* Ask(const std::string& line, const std::string& agent = "") {
    Customer* customer = &customers_.emplace_back();
    customer->attempt =
        connector_->Connect(std::make_shared<const ProxyCommand>(ProxyCommand{line, agent}),
                            [customer](ConnectResult result) {
                              customer->result = std::move(result);
                              customer->answered = true;
                            });
    return customer;
  }
  Customer* Connect(const std::string& line, const std::string& agent = "") {
    Customer* customer = Ask(line, agent);
    loop_.RunPosted();
    EXPECT_TRUE(customer->answered);
    return customer;
  }
  // Tells how it went, once it is known.
  ProxyProcess::Report Report(Customer* customer) {
    customer->result.process->Await([customer](ProxyProcess::Report report) {
      customer->reports.push_back(std::move(report));
    });
    loop_.Advance(absl::ZeroDuration());
    while (customer->reports.empty()) loop_.WaitForReadable();
    return customer->reports.back();
  }
  // The next that comes; waits for it. Empty: the end.
  static std::string Read(Customer* customer) {
    pollfd asked = {customer->result.fd.get(), POLLIN, 0};
    poll(&asked, 1, -1);
    char bytes[4096];
    const ssize_t size = read(asked.fd, bytes, sizeof(bytes));
    return std::string(bytes, size > 0 ? static_cast<size_t>(size) : 0);
  }
  static std::string ReadAll(Customer* customer) {
    std::string all;
    for (std::string piece = Read(customer); !piece.empty(); piece = Read(customer)) all += piece;
    return all;
  }
  static pid_t ReadPid(Customer* customer) {
    int pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(Read(customer), &pid));
    return pid;
  }
  static bool IsThere(pid_t pid) { return kill(pid, 0) == 0; }
  static void Close(Customer* customer) {
    customer->result.fd.Reset();
    customer->result.process.reset();
  }

  SimulatedLoop loop_;
  HelperPool helpers_{1};
  std::unique_ptr<ProxyConnector> connector_ = NewProxyConnector(&loop_, &helpers_);
  std::deque<Customer> customers_;
};

TEST_F(ProxyConnectorTest, ItsInputAndOutputAreTheConnection) {
  Customer* customer = Connect("cat");
  const int fd = customer->result.fd.get();
  ASSERT_GE(fd, 0);
  EXPECT_NE(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_EQ(write(fd, "SSH-2.0", 7), 7);
  EXPECT_EQ(Read(customer), "SSH-2.0");
  EXPECT_EQ(customer->result.process->report().text, "");
}

TEST_F(ProxyConnectorTest, ItIsAloneWithItsThreeDescriptorsAndNoSignals) {
  signal(SIGPIPE, SIG_IGN);
  const UniqueFd open(dup(STDIN_FILENO));  // not close-on-exec
  Customer* customer = Connect(
      "sh -c 'ls /proc/$$/fd; grep -E \"^Sig(Blk|Ign)\" /proc/self/status; "
      "cut -d\" \" -f6 /proc/$$/stat; echo $$'");
  const std::vector<std::string> lines = absl::StrSplit(ReadAll(customer), '\n', absl::SkipEmpty());
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[2], "2");
  EXPECT_THAT(lines[3], HasSubstr("0000000000000000"));
  EXPECT_THAT(lines[4], EndsWith("80000000"));  // but for two of glibc's own
  EXPECT_EQ(lines[5], lines[6]);                // leads its session
}

TEST_F(ProxyConnectorTest, ItHasTheCallersAgent) {
  setenv("SSH_AUTH_SOCK", "/somebody", 1);
  EXPECT_EQ(ReadAll(Connect("echo $SSH_AUTH_SOCK.", "/mine")), "/mine.\n");
  EXPECT_EQ(ReadAll(Connect("echo $SSH_AUTH_SOCK.")), ".\n");
}

TEST_F(ProxyConnectorTest, TheUsersShellRunsItAndDoesNotTakeItForRshds) {
  const std::string home = ::testing::TempDir();
  std::ofstream(home + "/.bashrc") << "echo noise\n";
  setenv("HOME", home.c_str(), 1);
  unsetenv("SHLVL");
  setenv("SHELL", "/bin/bash", 1);
  EXPECT_EQ(ReadAll(Connect("echo $BASH")), "/bin/bash\n");
}

TEST_F(ProxyConnectorTest, AShellThatIsNotThereIsNoShortage) {
  setenv("SHELL", "/nowhere/sh", 1);
  Customer* customer = Connect("cat");
  EXPECT_FALSE(customer->result.fd.valid());
  EXPECT_EQ(customer->result.cause, Cause::kReset);
  EXPECT_EQ(customer->result.message,
            "ProxyCommand could not be started: /nowhere/sh: No such file or directory; musterd's "
            "$SHELL runs it.");
}

TEST_F(ProxyConnectorTest, HowItEndedIsToldWithItsLastWords) {
  Customer* customer = Connect("sh -c 'echo no route >&2; exit 3'");
  EXPECT_EQ(Read(customer), "");
  const ProxyProcess::Report failed = Report(customer);
  EXPECT_TRUE(failed.failed);
  EXPECT_EQ(failed.text, "ProxyCommand ended with status 3, saying \"no route\"");
  const ProxyProcess::Report again = Report(customer);
  EXPECT_EQ(again.text, failed.text);
  const ProxyProcess::Report well = Report(Connect("true"));
  EXPECT_FALSE(well.failed);
  EXPECT_EQ(well.text, "ProxyCommand ended with status 0");
  EXPECT_EQ(Report(Connect("sh -c 'kill -9 $$'")).text, "ProxyCommand was ended by signal 9");
  EXPECT_THAT(Report(Connect("nowhere-to-be-found")).text, HasSubstr("ended with status 127"));
}

TEST_F(ProxyConnectorTest, OneThatGoesOnIsWaitedForAWhile) {
  Customer* customer = Connect("sh -c 'exec >&- <&-; echo trying >&2; exec sleep 1000'");
  EXPECT_EQ(Read(customer), "");
  customer->result.process->Await(
      [customer](ProxyProcess::Report report) { customer->reports.push_back(std::move(report)); });
  loop_.WaitForReadable();
  EXPECT_TRUE(customer->reports.empty());
  loop_.Advance(absl::Seconds(1));
  ASSERT_EQ(customer->reports.size(), 1u);
  EXPECT_FALSE(customer->reports[0].failed);
  EXPECT_EQ(customer->reports[0].text, "ProxyCommand has said \"trying\"");
}

TEST_F(ProxyConnectorTest, AFloodOfWordsDoesNotHoldItUp) {
  Customer* customer = Connect("sh -c 'seq 100000 >&2; echo done'");
  for (pollfd asked = {customer->result.fd.get(), POLLIN, 0}; poll(&asked, 1, 0) == 0;) {
    loop_.WaitForReadable();
  }
  EXPECT_EQ(Read(customer), "done\n");
  EXPECT_THAT(Report(customer).text, HasSubstr(" 99999 100000\""));
}

TEST_F(ProxyConnectorTest, OneWhoseConnectionIsClosedEndsByItself) {
  Customer* customer = Connect(absl::StrCat(kTellPid, "cat'"));
  const pid_t pid = ReadPid(customer);
  EXPECT_TRUE(IsThere(pid));
  Close(customer);
  while (IsThere(pid)) loop_.WaitForReadable();
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(ProxyConnectorTest, OrBySighupToItsGroup) {
  Customer* customer = Connect("sh -c 'sleep 1000 & echo $!; wait'");
  const pid_t child = ReadPid(customer);
  const UniqueFd killed(pidfd_open(child, 0));
  Close(customer);
  loop_.Advance(absl::Milliseconds(999));
  EXPECT_TRUE(IsThere(child));
  loop_.Advance(absl::Milliseconds(1));
  while (loop_.armed_timers() > 0) loop_.WaitForReadable();
  pollfd ended = {killed.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, -1), 1);
}

TEST_F(ProxyConnectorTest, OrByKill) {
  Customer* customer = Connect("sh -c 'trap \"\" HUP; echo $$; exec sleep 1000'");
  const pid_t pid = ReadPid(customer);
  Close(customer);
  loop_.Advance(absl::Milliseconds(5999));
  EXPECT_TRUE(IsThere(pid));
  loop_.Advance(absl::Milliseconds(1));
  while (IsThere(pid)) loop_.WaitForReadable();
}

TEST_F(ProxyConnectorTest, WhoGivesUpLeavesNone) {
  Ask("cat")->attempt.reset();
  loop_.RunPosted();
  EXPECT_FALSE(customers_[0].answered);
  while (loop_.armed_timers() > 0) loop_.WaitForReadable();
}

TEST_F(ProxyConnectorTest, WhileManyAreEndingNoneIsStarted) {
  for (int i = 0; i < 64; ++i) Close(Connect("sleep 1000"));
  Customer* customer = Ask("echo here");
  loop_.Advance(absl::Milliseconds(999));
  helpers_.Drain();
  EXPECT_FALSE(customer->answered);
  loop_.Advance(absl::Milliseconds(1));
  while (loop_.armed_timers() == 64) loop_.WaitForReadable();  // one is armed for each
  loop_.RunPosted();
  EXPECT_TRUE(customer->answered);
}

TEST_F(ProxyConnectorTest, TheConnectorTakesAllAlong) {
  Customer* obeys = Connect(absl::StrCat(kTellPid, "sleep 1000'"));
  Customer* ends = Connect("sh -c 'trap \"\" HUP; echo $$; exec sleep 1000'");
  const pid_t first = ReadPid(obeys);
  const pid_t second = ReadPid(ends);
  Close(ends);
  obeys->attempt.reset();
  ends->attempt.reset();
  connector_.reset();
  EXPECT_FALSE(IsThere(first));
  EXPECT_FALSE(IsThere(second));
  EXPECT_EQ(obeys->result.process->report().text, "");
}

TEST_F(ProxyConnectorTest, OneThatWasStartedForAConnectorThatIsGoneIsKilled) {
  Customer* customer = Ask("cat");
  customer->attempt.reset();
  connector_.reset();
  loop_.RunPosted();
  EXPECT_FALSE(customer->answered);
}

}  // namespace
}  // namespace muster::engine
