#include "tests/sim/link.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "absl/types/optional.h"
#include "tests/ssh_engine/loop/simulated_loop.h"

namespace muster::sim {
namespace {

constexpr engine::Readiness kReadable = {true, false, false};
constexpr engine::Readiness kWritable = {false, true, false};

// A link over a socket pair, of which the test has the other end.
class LinkTest : public testing::Test, public Link::Handler {
 protected:
  void Connect(absl::Duration delay) {
    std::array<int, 2> fds;
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0);
    fd_ = fds[0];
    peer_.Reset(fds[1]);
    link_.emplace(&loop_, UniqueFd(fds[0]), delay, &buffers_, &statistics_, this);
  }

  void Send(const std::string& text) {
    *link_->out() += text;
    link_->Flush();
  }

  std::string Received() {
    std::string text(4 << 20, '\0');
    const ssize_t count = recv(peer_.get(), &text[0], text.size(), 0);
    text.resize(count > 0 ? count : 0);
    return text;
  }

  void Type(const std::string& text) {
    ASSERT_EQ(send(peer_.get(), text.data(), text.size(), 0), text.size());
    loop_.SetReady(fd_, kReadable);
  }

  // Takes whole words, as a connection takes whole packets.
  size_t OnBytes(char* data, size_t size) override {
    const absl::string_view text(data, size);
    const size_t end = text.rfind(' ');
    if (end == absl::string_view::npos) return 0;
    taken_ += std::string(text.substr(0, end + 1));
    return end + 1;
  }
  void OnRoom() override { ++rooms_; }
  void OnClosed() override {
    ++closed_;
    link_->Close();
  }

  engine::SimulatedLoop loop_;
  Buffers buffers_;
  Statistics statistics_;
  int fd_ = -1;
  UniqueFd peer_;
  absl::optional<Link> link_;
  std::string taken_;
  int rooms_ = 0;
  int closed_ = 0;
};

TEST_F(LinkTest, SendsAtOnceWithoutADelay) {
  Connect(absl::ZeroDuration());
  Send("hello");
  EXPECT_EQ(Received(), "hello");
  EXPECT_EQ(statistics_.sent_bytes, 5);
}

TEST_F(LinkTest, KeepsWhatWasWrittenBefore) {
  Connect(absl::ZeroDuration());
  *link_->out() += std::string(20, 'a');
  *link_->out() += "b";
  link_->Flush();
  EXPECT_EQ(Received(), std::string(20, 'a') + "b");
}

TEST_F(LinkTest, HoldsEachChunkForTheDelay) {
  Connect(absl::Milliseconds(50));
  Send("a");
  loop_.Advance(absl::Milliseconds(20));
  Send("b");
  loop_.Advance(absl::Milliseconds(29));
  EXPECT_EQ(Received(), "");
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Received(), "a");
  loop_.Advance(absl::Milliseconds(19));
  EXPECT_EQ(Received(), "");
  loop_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Received(), "b");
}

TEST_F(LinkTest, KeepsTheBeginningOfAPacket) {
  Connect(absl::ZeroDuration());
  Type("one tw");
  EXPECT_EQ(taken_, "one ");
  Type("o three");
  EXPECT_EQ(taken_, "one two ");
  Type(" ");
  EXPECT_EQ(taken_, "one two three ");
}

TEST_F(LinkTest, TellsWhenThereIsRoomAgain) {
  Connect(absl::ZeroDuration());
  EXPECT_FALSE(link_->Congested());
  std::string sent;
  while (!link_->Congested()) Send(std::string(100'000, 'x')), sent += std::string(100'000, 'x');
  EXPECT_TRUE(loop_.WantsWrite(fd_));
  std::string received;
  while (received.size() < sent.size()) {
    received += Received();
    if (loop_.WantsWrite(fd_)) loop_.SetReady(fd_, kWritable);
  }
  EXPECT_EQ(received, sent);
  EXPECT_EQ(rooms_, 1);
  EXPECT_FALSE(loop_.WantsWrite(fd_));
}

TEST_F(LinkTest, NoticesThatThePeerHasGone) {
  Connect(absl::Milliseconds(50));
  Send("late");
  peer_.Reset();
  loop_.SetReady(fd_, kReadable);
  EXPECT_EQ(closed_, 1);
  loop_.Advance(absl::Seconds(1));
  EXPECT_EQ(closed_, 1);
}

}  // namespace
}  // namespace muster::sim
