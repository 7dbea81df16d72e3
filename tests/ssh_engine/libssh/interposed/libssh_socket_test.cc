#include "ssh_engine/libssh/interposed/libssh_socket.h"

#include <errno.h>
#include <gtest/gtest.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "ssh_engine/base/unique_fd.h"

namespace muster::engine {
namespace {

// recv, send and poll are called here as libssh does it.
class LibsshSocketTest : public testing::Test {
 protected:
  LibsshSocketTest() {
    int fds[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
    ours_ = UniqueFd(fds[0]);
    peer_ = UniqueFd(fds[1]);
    socket_.SetFd(fds[0]);
  }

  void PeerSends(const std::string& bytes) {
    ASSERT_EQ(write(peer_.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  std::string PeerReceives() {
    std::string all;
    char bytes[4096];
    for (ssize_t size; (size = read(peer_.get(), bytes, sizeof(bytes))) > 0;) {
      all.append(bytes, static_cast<size_t>(size));
    }
    return all;
  }
  std::string Receive(size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = recv(ours_.get(), &bytes[0], size, 0);
    bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
    return bytes;
  }
  int Poll(int events) {
    pollfd asked = {ours_.get(), static_cast<short>(events), 0};
    return poll(&asked, 1, 0) == 1 ? asked.revents : 0;
  }
  int InKernel() const {
    int size = 0;
    EXPECT_EQ(ioctl(ours_.get(), FIONREAD, &size), 0);
    return size;
  }
  void Send(const std::string& bytes) {
    EXPECT_EQ(send(ours_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }

  UniqueFd ours_;
  UniqueFd peer_;
  LibsshSocket socket_;
};

TEST_F(LibsshSocketTest, ReceivesAheadAndGivesOutPieces) {
  PeerSends("0123456789");
  const LibsshSocket::Scope scope(&socket_);
  EXPECT_EQ(Poll(POLLIN | POLLOUT), POLLIN | POLLOUT);
  EXPECT_EQ(Receive(4), "0123");
  EXPECT_EQ(InKernel(), 0);
  EXPECT_EQ(socket_.input_size(), 6u);
  EXPECT_EQ(socket_.Peek(), "456789");
  EXPECT_EQ(Receive(100), "456789");
  EXPECT_EQ(Poll(POLLIN), 0);
}

TEST_F(LibsshSocketTest, KeptInputIsTheNextScopes) {
  PeerSends("0123456789");
  {
    const LibsshSocket::Scope scope(&socket_);
    EXPECT_EQ(Receive(4), "0123");
    socket_.KeepInput();
    EXPECT_EQ(socket_.input_size(), 0u);
    EXPECT_EQ(Poll(POLLIN), 0);
  }
  PeerSends("abc");
  const LibsshSocket::Scope scope(&socket_);
  EXPECT_EQ(Receive(100), "456789");
  EXPECT_EQ(Receive(100), "abc");
}

TEST_F(LibsshSocketTest, WhatIsSentGoesOutInOnePieceWhenTheScopeEnds) {
  {
    const LibsshSocket::Scope scope(&socket_);
    Send("one ");
    EXPECT_EQ(Poll(POLLOUT), POLLOUT);
    Send("two");
    EXPECT_EQ(PeerReceives(), "");
  }
  EXPECT_EQ(PeerReceives(), "one two");
  EXPECT_FALSE(socket_.HasUnsent());
}

TEST_F(LibsshSocketTest, HeldOutputGoesOutWithTheNextScopes) {
  {
    const LibsshSocket::Scope scope(&socket_);
    Send("held, ");
    socket_.HoldOutput();
  }
  EXPECT_EQ(PeerReceives(), "");
  EXPECT_FALSE(socket_.HasUnsent());
  {
    const LibsshSocket::Scope scope(&socket_);
    EXPECT_EQ(Poll(POLLOUT), POLLOUT);
    Send("sent");
  }
  EXPECT_EQ(PeerReceives(), "held, sent");
}

TEST_F(LibsshSocketTest, TheEndOfAnInnerScopeSendsNothing) {
  const LibsshSocket::Scope scope(&socket_);
  {
    const LibsshSocket::Scope inner(&socket_);
    Send("x");
  }
  EXPECT_EQ(PeerReceives(), "");
}

TEST_F(LibsshSocketTest, KeepsWhatThePeerDoesNotTakeAndItsOrder) {
  std::string sent;
  for (int i = 0; !socket_.HasUnsent(); ++i) {
    const LibsshSocket::Scope scope(&socket_);
    ASSERT_EQ(Poll(POLLOUT), POLLOUT);
    const std::string bytes = std::string(30'000, static_cast<char>('a' + i % 26));
    Send(bytes);
    sent += bytes;
  }
  {
    const LibsshSocket::Scope scope(&socket_);
    EXPECT_EQ(Poll(POLLOUT), 0);
  }
  std::string received = PeerReceives();
  while (socket_.HasUnsent()) {
    { const LibsshSocket::Scope scope(&socket_); }
    received += PeerReceives();
  }
  EXPECT_EQ(received, sent);
}

TEST_F(LibsshSocketTest, TheEndComesAfterTheBytesBeforeIt) {
  PeerSends("bye");
  peer_.Reset();
  {
    const LibsshSocket::Scope scope(&socket_);
    EXPECT_EQ(socket_.Peek(), "bye");
    EXPECT_FALSE(socket_.ended());
    EXPECT_EQ(Receive(100), "bye");
  }
  const LibsshSocket::Scope scope(&socket_);
  EXPECT_EQ(Poll(POLLIN), POLLIN);
  char byte;
  EXPECT_EQ(recv(ours_.get(), &byte, 1, 0), 0);
  EXPECT_TRUE(socket_.ended());
}

TEST_F(LibsshSocketTest, AFailedSendShowsAtTheNext) {
  peer_.Reset();
  {
    const LibsshSocket::Scope scope(&socket_);
    Send("lost");
  }
  const LibsshSocket::Scope scope(&socket_);
  EXPECT_EQ(send(ours_.get(), "x", 1, MSG_NOSIGNAL), -1);
  EXPECT_EQ(errno, EPIPE);
  EXPECT_FALSE(socket_.HasUnsent());
}

TEST_F(LibsshSocketTest, StopsReceiving) {
  const LibsshSocket::Scope scope(&socket_);
  socket_.StopReceiving();
  PeerSends("later");
  EXPECT_EQ(Poll(POLLIN), 0);
  EXPECT_EQ(InKernel(), 5);
}

TEST_F(LibsshSocketTest, AForgottenSocketGetsNothing) {
  {
    const LibsshSocket::Scope scope(&socket_);
    Send("for another");
    socket_.Forget();
  }
  EXPECT_EQ(PeerReceives(), "");
}

TEST_F(LibsshSocketTest, OtherDescriptorsAreTheKernels) {
  LibsshSocket other;
  const LibsshSocket::Scope scope(&other);
  PeerSends("ab");
  EXPECT_EQ(Poll(POLLIN), POLLIN);
  EXPECT_EQ(Receive(1), "a");
  EXPECT_EQ(InKernel(), 1);
  Send("at once");
  EXPECT_EQ(PeerReceives(), "at once");
}

TEST_F(LibsshSocketTest, ScopesOfSeveralSocketsNest) {
  PeerSends("outer");
  const LibsshSocket::Scope scope(&socket_);
  EXPECT_EQ(Receive(2), "ou");
  {
    LibsshSocket other;
    const LibsshSocket::Scope inner(&other);
    EXPECT_EQ(LibsshSocket::Current(), &other);
    EXPECT_EQ(other.input_size(), 0u);
  }
  EXPECT_EQ(Receive(10), "ter");
}

}  // namespace
}  // namespace muster::engine
