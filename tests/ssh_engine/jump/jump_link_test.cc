#include "ssh_engine/jump/jump_link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "tests/ssh_engine/fakes.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Readiness kReadable = {true, false, false};
constexpr Readiness kWritable = {false, true, false};

class JumpLinkTest : public ::testing::Test {
 protected:
  // Somebody who connects.
  struct Customer {
    std::unique_ptr<Connector::Attempt> attempt;
    ConnectResult result;
    bool answered = false;
  };

  JumpLinkTest() {
    UniqueFd fd(eventfd(0, EFD_CLOEXEC));
    fd_ = fd.get();
    link_ = std::make_unique<JumpLink>(
        &loop_, "ann@gate:22",
        std::make_unique<Session>(&loop_, std::make_shared<FakeTransport>(std::move(fd), &gate_),
                                  nullptr),
        KeepAlive());
  }

  Customer* Connect(const std::string& host) {
    Customer* customer = &customers_.emplace_back();
    customer->attempt = link_->Connect(host, 22, [customer](ConnectResult result) {
      customer->result = std::move(result);
      customer->answered = true;
    });
    loop_.Run();
    return customer;
  }
  // Something has come from the jump host.
  void Pump() {
    loop_.SetReady(fd_, kReadable);
    loop_.Run();
  }
  Customer* Connected(const std::string& host) {
    Customer* customer = Connect(host);
    gate_.tunnels.back()->open = SshTunnel::Step::kDone;
    Pump();
    EXPECT_TRUE(customer->result.fd.valid());
    return customer;
  }
  static std::string ReadFrom(const Customer& customer) {
    std::string bytes(1 << 20, '\0');
    const ssize_t size =
        recvfrom(customer.result.fd.get(), &bytes[0], bytes.size(), MSG_DONTWAIT, nullptr, nullptr);
    return size < 0 ? "nothing" : bytes.substr(0, static_cast<size_t>(size));
  }
  static void WriteTo(const Customer& customer, const std::string& bytes) {
    ASSERT_EQ(sendto(customer.result.fd.get(), bytes.data(), bytes.size(), 0, nullptr, 0),
              static_cast<ssize_t>(bytes.size()));
  }
  // Our end of the newest tunnel's pair is ready: the only watch besides the jump host's.
  void SocketReady(Readiness readiness) {
    for (int fd = 0; fd < 100; ++fd) {
      if (fd != fd_ && loop_.Watched(fd)) loop_.SetReady(fd, readiness);
    }
    loop_.Run();
  }

  SimulatedLoop loop_;
  FakeServer gate_;
  int fd_;
  std::deque<Customer> customers_;
  std::unique_ptr<JumpLink> link_;
};

TEST_F(JumpLinkTest, ATunnelIsAPairOfSockets) {
  Customer* customer = Connect("inner");
  ASSERT_THAT(gate_.tunnels, SizeIs(1));
  EXPECT_EQ(gate_.tunnels[0]->target, "inner:22");
  EXPECT_FALSE(customer->answered);
  gate_.tunnels[0]->open = SshTunnel::Step::kDone;
  Pump();
  ASSERT_TRUE(customer->answered);
  WriteTo(*customer, "to");
  SocketReady(kReadable);
  EXPECT_EQ(gate_.tunnels[0]->written, "to");
  gate_.tunnels[0]->user->OnTunnelData("fro");
  EXPECT_EQ(ReadFrom(*customer), "fro");
}

TEST_F(JumpLinkTest, ItIsClosedWhenEitherSideIs) {
  Customer* first = Connected("a");
  first->result.fd.Reset();
  SocketReady(kReadable);
  EXPECT_THAT(gate_.tunnels, IsEmpty());
  Customer* second = Connected("b");
  gate_.tunnels[0]->user->OnTunnelData("last");
  gate_.tunnels[0]->user->OnTunnelEnd();
  loop_.Run();
  EXPECT_THAT(gate_.tunnels, IsEmpty());
  EXPECT_EQ(ReadFrom(*second), "last");
  EXPECT_EQ(ReadFrom(*second), "");
  EXPECT_EQ(link_->tunnels(), 0u);
}

TEST_F(JumpLinkTest, WhatTheServerSaysOfAConnectionIsTold) {
  Customer* customer = Connect("inner");
  gate_.tunnels[0]->open = SshTunnel::Step::kFailed;
  gate_.tunnels[0]->why = {Cause::kRefused, false, "it could not connect (Connection refused)"};
  Pump();
  ASSERT_TRUE(customer->answered);
  EXPECT_EQ(customer->result.state, HostState::kUnreachable);
  EXPECT_EQ(customer->result.cause, Cause::kRefused);
  EXPECT_THAT(customer->result.message, HasSubstr("inner port 22"));
  EXPECT_THAT(customer->result.message, HasSubstr("ann@gate:22"));
  EXPECT_THAT(customer->result.message, HasSubstr("Connection refused"));
}

TEST_F(JumpLinkTest, AServerWithoutRoomIsTriedAgainLater) {
  Customer* customer = Connect("inner");
  gate_.tunnels[0]->open = SshTunnel::Step::kFailed;
  gate_.tunnels[0]->why = {Cause::kReset, true, "it has no room"};
  Pump();
  EXPECT_EQ(customer->result.state, HostState::kThrottled);
}

// Closed before the server has answered, it would stay open there.
TEST_F(JumpLinkTest, WhoGivesUpIsNotAnsweredAndTheTunnelIsClosedOnceItIsOpen) {
  Customer* customer = Connect("inner");
  customer->attempt.reset();
  loop_.Run();
  ASSERT_THAT(gate_.tunnels, SizeIs(1));
  gate_.tunnels[0]->open = SshTunnel::Step::kDone;
  Pump();
  EXPECT_THAT(gate_.tunnels, IsEmpty());
  EXPECT_FALSE(customer->answered);
}

TEST_F(JumpLinkTest, NoMoreIsTakenThanTheServersWindowHasRoomFor) {
  Customer* customer = Connected("inner");
  gate_.tunnels[0]->room = 3;
  WriteTo(*customer, "abcdef");
  SocketReady(kReadable);
  EXPECT_EQ(gate_.tunnels[0]->written, "abc");
  gate_.tunnels[0]->room = 10;
  Pump();
  EXPECT_EQ(gate_.tunnels[0]->written, "abcdef");
}

// libssh takes nothing while keys are exchanged anew.
TEST_F(JumpLinkTest, WhatTheServerDoesNotTakeIsWrittenLater) {
  Customer* customer = Connected("inner");
  gate_.tunnels[0]->takes = 2;
  WriteTo(*customer, "abcdef");
  SocketReady(kReadable);
  EXPECT_EQ(gate_.tunnels[0]->written, "ab");
  gate_.tunnels[0]->takes = 100;
  Pump();
  EXPECT_EQ(gate_.tunnels[0]->written, "abcdef");
}

TEST_F(JumpLinkTest, AConnectionThatAWriteFindsBrokenIsLost) {
  Customer* customer = Connected("inner");
  gate_.closed = true;
  gate_.idle = SshTransport::Step::kFailed;
  gate_.failure = {Cause::kReset, false, "the connection broke"};
  WriteTo(*customer, "abc");
  SocketReady(kReadable);
  EXPECT_TRUE(link_->lost());
  EXPECT_THAT(gate_.tunnels, IsEmpty());
}

TEST_F(JumpLinkTest, NothingIsTakenWhileTheJumpHostDoesNotRead) {
  Customer* customer = Connected("inner");
  gate_.wants_write = true;
  WriteTo(*customer, "abc");
  SocketReady(kReadable);
  EXPECT_EQ(gate_.tunnels[0]->written, "");
  EXPECT_TRUE(loop_.WantsWrite(fd_));
  gate_.wants_write = false;
  Pump();
  EXPECT_EQ(gate_.tunnels[0]->written, "abc");
}

// One who does not read: what is kept for him is bounded, and not lost.
TEST_F(JumpLinkTest, PastAMarkNothingMoreIsReadFromTheJumpHost) {
  Customer* customer = Connected("inner");
  const std::string piece(256 << 10, 'x');
  size_t sent = 0;
  while (loop_.WantsRead(fd_) && sent < (64 << 20)) {
    gate_.tunnels[0]->user->OnTunnelData(piece);
    sent += piece.size();
    loop_.Run();
  }
  EXPECT_GE(sent, JumpLink::kMostHeld);
  EXPECT_LT(sent, JumpLink::kMostHeld + (2 << 20));
  size_t read = 0;
  for (std::string got = ReadFrom(*customer); got != "nothing"; got = ReadFrom(*customer)) {
    read += got.size();
    SocketReady(kWritable);
  }
  EXPECT_EQ(read, sent);
  EXPECT_TRUE(loop_.WantsRead(fd_));
}

TEST_F(JumpLinkTest, WhenTheJumpHostIsLostSoIsAllThatItCarries) {
  Customer* connected = Connected("a");
  Customer* connecting = Connect("b");
  gate_.idle = SshTransport::Step::kFailed;
  gate_.failure = {Cause::kReset, false, "the connection broke"};
  Pump();
  EXPECT_EQ(ReadFrom(*connected), "");
  ASSERT_TRUE(connecting->answered);
  EXPECT_EQ(connecting->result.cause, Cause::kReset);
  EXPECT_THAT(connecting->result.message, HasSubstr("the connection broke"));
  EXPECT_TRUE(link_->lost());
  EXPECT_FALSE(link_->HasRoom());
}

TEST_F(JumpLinkTest, HasRoomForAsManyAsAServerHasDescriptorsFor) {
  for (size_t i = 0; i < JumpLink::kMaxTunnels; ++i) {
    EXPECT_TRUE(link_->HasRoom());
    Connect("inner");
  }
  EXPECT_FALSE(link_->HasRoom());
}

TEST_F(JumpLinkTest, WithoutItAttemptsAreHarmless) {
  Customer* customer = Connect("inner");
  link_.reset();
  customer->attempt.reset();
  EXPECT_FALSE(customer->answered);
  EXPECT_TRUE(gate_.gone);
}

}  // namespace
}  // namespace muster::engine
