#include "ssh_engine/net/happy_eyeballs.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <vector>

#include "absl/status/status.h"
#include "ssh_engine/base/unique_fd.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::engine {
namespace {

using ::testing::HasSubstr;

class FakeResolver final : public Resolver {
 public:
  std::unique_ptr<Request> Resolve(absl::string_view, Callback callback) override {
    callback_ = std::move(callback);
    return std::make_unique<Request>();
  }
  void Answer(absl::StatusOr<std::vector<Address>> addresses, bool last = true) {
    callback_({std::move(addresses), last});
  }

 private:
  Callback callback_;
};

// A listening socket on a loopback address; with no room left, connects to it hang.
class Listener {
 public:
  Listener(const std::string& ip, uint16_t port, bool hangs = false) {
    Address address = *Address::Parse(ip);
    address.set_port(port);
    fd_.Reset(socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int one = 1;
    setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    EXPECT_EQ(bind(fd_.get(), address.get(), address.length()), 0);
    EXPECT_EQ(listen(fd_.get(), hangs ? 0 : 16), 0);
    sockaddr_storage bound = {};
    socklen_t length = sizeof(bound);
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &length);
    port_ = Address(reinterpret_cast<sockaddr*>(&bound), length).port();
    if (hangs) Fill(ip);
  }
  uint16_t port() const { return port_; }

 private:
  // A backlog of 0 has room for one; the next is not answered.
  void Fill(const std::string& ip) {
    Address address = *Address::Parse(ip);
    address.set_port(port_);
    for (int i = 0; i < 3; ++i) {
      fillers_.emplace_back(socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK, 0));
      (void)connect(fillers_.back().get(), address.get(), address.length());
      pollfd poller = {fillers_.back().get(), POLLOUT, 0};
      poll(&poller, 1, 50);
    }
  }
  UniqueFd fd_;
  std::vector<UniqueFd> fillers_;
  uint16_t port_ = 0;
};

class HappyEyeballsTest : public ::testing::Test {
 protected:
  void Connect(uint16_t port, const ConnectOptions& options = {}) {
    attempt_ = connector_->Connect("web1", port, options, [this](ConnectResult result) {
      result_ = std::make_unique<ConnectResult>(std::move(result));
    });
  }
  void Resolve(const std::vector<std::string>& ips, bool last = true) {
    std::vector<Address> addresses;
    for (const std::string& ip : ips) addresses.push_back(*Address::Parse(ip));
    resolver_.Answer(std::move(addresses), last);
  }
  // What the kernel has to say about the connects that wait for it, here on loopback at once.
  void TakeReadiness() {
    for (int fd = 0; fd < 256; ++fd) {
      pollfd poller = {fd, POLLOUT, 0};
      if (loop_.WantsWrite(fd) && poll(&poller, 1, 20) > 0) {
        loop_.SetReady(fd, {false, true, (poller.revents & (POLLERR | POLLHUP)) != 0});
      }
    }
  }

  SimulatedLoop loop_;
  FakeResolver resolver_;
  std::unique_ptr<Connector> connector_ = NewHappyEyeballs(&loop_, &resolver_);
  std::unique_ptr<Connector::Attempt> attempt_;
  std::unique_ptr<ConnectResult> result_;
};

TEST_F(HappyEyeballsTest, ConnectsToTheFirstAddress) {
  const Listener listener("127.0.0.1", 0);
  Connect(listener.port());
  Resolve({"127.0.0.1"});
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  ASSERT_TRUE(result_->fd.valid()) << result_->message;
  EXPECT_NE(fcntl(result_->fd.get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(fcntl(result_->fd.get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(HappyEyeballsTest, ANameThatDoesNotResolveIsDns) {
  Connect(22);
  resolver_.Answer(absl::NotFoundError("web1: no such name"));
  EXPECT_EQ(result_->cause, Cause::kDns);
  EXPECT_THAT(result_->message, HasSubstr("web1"));
}

TEST_F(HappyEyeballsTest, ARefusedAddressGivesWayAtOnce) {
  const Listener listener("127.0.0.3", 0);
  Connect(listener.port());
  Resolve({"127.0.0.2", "127.0.0.3"});
  TakeReadiness();
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("127.0.0.3"));
}

TEST_F(HappyEyeballsTest, AnAddressThatHangsGivesWayAfter250Milliseconds) {
  const Listener listener("127.0.0.3", 0);
  const Listener hanging("127.0.0.2", listener.port(), true);
  Connect(listener.port());
  Resolve({"127.0.0.2", "127.0.0.3"});
  TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(249));
  TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(1));
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("127.0.0.3"));
}

TEST_F(HappyEyeballsTest, FamiliesTakeTurns) {
  const Listener listener("127.0.0.4", 0);
  Connect(listener.port());
  // ::1 refuses, and is tried before the second IPv4 address.
  Resolve({"127.0.0.2", "127.0.0.3", "::1"});
  for (int i = 0; i < 4; ++i) TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_EQ(result_->cause, Cause::kRefused);
  const size_t first = result_->message.find("127.0.0.2");
  const size_t second = result_->message.find("[::1]");
  const size_t third = result_->message.find("127.0.0.3");
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
  EXPECT_THAT(result_->message, HasSubstr("is sshd running there"));
}

// RFC 8305, 3.
TEST_F(HappyEyeballsTest, Ipv4WaitsForIpv6FiftyMilliseconds) {
  const Listener listener("127.0.0.3", 0);
  Connect(listener.port());
  Resolve({"127.0.0.3"}, false);
  loop_.Advance(absl::Milliseconds(49));
  TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(1));
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("127.0.0.3"));
  EXPECT_EQ(loop_.armed_timers(), 0u);
}

TEST_F(HappyEyeballsTest, Ipv4DoesNotWaitWhereThereIsNoIpv6) {
  const Listener listener("127.0.0.3", 0);
  Connect(listener.port());
  Resolve({"127.0.0.3"}, false);
  Resolve({});
  TakeReadiness();
  EXPECT_NE(result_, nullptr);
}

TEST_F(HappyEyeballsTest, Ipv6ThatComesInTimeIsFirst) {
  const Listener listener("::1", 0);
  Connect(listener.port());
  Resolve({"127.0.0.3"}, false);
  loop_.Advance(absl::Milliseconds(30));
  Resolve({"::1"});
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("[::1]"));
}

TEST_F(HappyEyeballsTest, Ipv6DoesNotWaitForIpv4) {
  const Listener listener("::1", 0);
  Connect(listener.port());
  Resolve({"::1"}, false);
  TakeReadiness();
  EXPECT_NE(result_, nullptr);
}

TEST_F(HappyEyeballsTest, AddressesThatComeLateJoin) {
  const Listener listener("::1", 0);
  const Listener hanging("127.0.0.2", listener.port(), true);
  Connect(listener.port());
  Resolve({"127.0.0.2"}, false);
  loop_.Advance(absl::Milliseconds(60));  // it is being tried
  Resolve({"::1"});
  loop_.Advance(absl::Milliseconds(249));
  TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(1));
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("[::1]"));
}

TEST_F(HappyEyeballsTest, WhatHasFailedWaitsForTheOtherFamily) {
  const Listener listener("::1", 0);
  Connect(listener.port());
  Resolve({"127.0.0.2"}, false);
  loop_.Advance(absl::Milliseconds(50));
  TakeReadiness();  // refused
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Seconds(3));
  Resolve({"::1"});
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_TRUE(result_->fd.valid()) << result_->message;
}

TEST_F(HappyEyeballsTest, WithoutMoreAddressesItFailsWithWhatItKnows) {
  Connect(1);
  Resolve({"127.0.0.2"}, false);
  loop_.Advance(absl::Milliseconds(50));
  TakeReadiness();
  Resolve({});
  ASSERT_NE(result_, nullptr);
  EXPECT_EQ(result_->cause, Cause::kRefused);
}

TEST_F(HappyEyeballsTest, ANameServerThatFailsIsNotANameThatIsNotThere) {
  Connect(22);
  resolver_.Answer(absl::UnavailableError("looking up \"web1\": SERVFAIL"));
  EXPECT_EQ(result_->cause, Cause::kDnsFailed);
  EXPECT_THAT(result_->message, HasSubstr("SERVFAIL"));
}

// --- What was asked for

TEST_F(HappyEyeballsTest, OnlyAddressesOfTheFamilyAreTriedAndWithoutWaitingForOthers) {
  const Listener listener("127.0.0.3", 0);
  ConnectOptions options;
  options.family = AF_INET;
  Connect(listener.port(), options);
  Resolve({"127.0.0.3"}, false);
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->peer->ToString(), HasSubstr("127.0.0.3"));
  options.family = AF_INET6;
  result_.reset();
  Connect(listener.port(), options);
  Resolve({"127.0.0.3"});
  EXPECT_THAT(result_->message, HasSubstr("web1 has no IPv6 address"));
}

TEST_F(HappyEyeballsTest, ItConnectsFromTheAddressThatIsAskedFor) {
  const Listener listener("127.0.0.3", 0);
  ConnectOptions options;
  options.sources = {"127.0.0.77"};
  Connect(listener.port(), options);
  Resolve({"::1", "127.0.0.3"});  // nothing leads from there to the first
  TakeReadiness();
  ASSERT_NE(result_, nullptr);
  ASSERT_TRUE(result_->fd.valid()) << result_->message;
  sockaddr_storage own = {};
  socklen_t length = sizeof(own);
  getsockname(result_->fd.get(), reinterpret_cast<sockaddr*>(&own), &length);
  EXPECT_THAT(Address(reinterpret_cast<sockaddr*>(&own), length).ToString(),
              HasSubstr("127.0.0.77:"));
}

TEST_F(HappyEyeballsTest, AnAddressThatIsNotThisMachinesIsNamed) {
  ConnectOptions options;
  options.sources = {"192.0.2.1"};
  Connect(22, options);
  Resolve({"127.0.0.3"});
  ASSERT_NE(result_, nullptr);
  EXPECT_EQ(result_->cause, Cause::kNetwork);  // no shortage, which would be waited out
  EXPECT_THAT(result_->message, HasSubstr("connect from 192.0.2.1: "));
  EXPECT_THAT(result_->message, HasSubstr("BindAddress"));
  Connect(22, options);
  Resolve({"::1"});
  EXPECT_THAT(result_->message, HasSubstr("no address that may be connected to from 192.0.2.1;"));
}

// ssh_config(5), ConnectionAttempts.
TEST_F(HappyEyeballsTest, AllAreTriedAgainASecondLater) {
  ConnectOptions options;
  options.attempts = 2;
  Connect(1, options);
  Resolve({"127.0.0.2", "127.0.0.3"});
  for (int i = 0; i < 2; ++i) TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(999));
  TakeReadiness();
  EXPECT_EQ(result_, nullptr);
  loop_.Advance(absl::Milliseconds(1));
  for (int i = 0; i < 2; ++i) TakeReadiness();
  ASSERT_NE(result_, nullptr);
  EXPECT_THAT(result_->message, HasSubstr("2 attempts: connect to 127.0.0.2:1"));
  EXPECT_THAT(result_->message, HasSubstr("connect to 127.0.0.3:1"));
}

TEST_F(HappyEyeballsTest, GivingUpClosesEverything) {
  const Listener hanging("127.0.0.2", 0, true);
  Connect(hanging.port());
  Resolve({"127.0.0.2", "127.0.0.2"});
  loop_.Advance(absl::Milliseconds(250));
  attempt_.reset();
  for (int fd = 0; fd < 256; ++fd) EXPECT_FALSE(loop_.Watched(fd));
  EXPECT_EQ(loop_.armed_timers(), 0u);
  EXPECT_EQ(result_, nullptr);
}

}  // namespace
}  // namespace muster::engine
