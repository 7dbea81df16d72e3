#include "ssh_engine/libssh/interposed/libssh_socket.h"

#include <errno.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace muster::engine {
namespace {

constexpr size_t kInputBytes = 64 * 1024;
// More is sent at once.
constexpr size_t kOutputBytes = 64 * 1024;

thread_local LibsshSocket* current = nullptr;

int KernelPoll(pollfd* asked, nfds_t count, int timeout) {
  const timespec limit = {timeout / 1000, timeout % 1000 * 1'000'000L};
  return ppoll(asked, count, timeout < 0 ? nullptr : &limit, nullptr);
}

}  // namespace

struct LibsshSocket::Buffers {
  char input[kInputBytes];
  size_t begin = 0;
  size_t end = 0;
  std::string output;

  // A scope takes one and gives it back: one for each thread, more only where scopes are nested.
  static std::vector<std::unique_ptr<Buffers>>& Spare() {
    thread_local std::vector<std::unique_ptr<Buffers>> spare;
    return spare;
  }
};

LibsshSocket::LibsshSocket() = default;
LibsshSocket::~LibsshSocket() = default;

LibsshSocket* LibsshSocket::Current() { return current; }

void LibsshSocket::Enter() {
  if (depth_++ > 0) return;
  auto& spare = Buffers::Spare();
  if (spare.empty()) spare.push_back(std::make_unique<Buffers>());
  buffers_ = std::move(spare.back());
  spare.pop_back();
  buffers_->begin = buffers_->end = 0;
  moved_ = drained_ = ended_ = false;
  if (!kept_.empty()) {
    buffers_->end = kept_.copy(buffers_->input, kInputBytes);
    std::string().swap(kept_);
  }
  if (std::exchange(held_, false)) buffers_->output = std::exchange(unsent_, std::string());
  outer_ = std::exchange(current, this);
}

void LibsshSocket::Leave() {
  if (--depth_ > 0) return;
  Flush();
  current = outer_;
  Buffers::Spare().push_back(std::move(buffers_));
}

size_t LibsshSocket::input_size() const { return buffers_->end - buffers_->begin; }

absl::string_view LibsshSocket::Peek() {
  if (input_size() == 0) Fill();
  return absl::string_view(buffers_->input + buffers_->begin, input_size());
}

void LibsshSocket::KeepInput() {
  kept_.assign(buffers_->input + buffers_->begin, input_size());
  buffers_->begin = buffers_->end = 0;
  StopReceiving();
}

// Whether something has come, be it the end.
bool LibsshSocket::Fill() {
  if (drained_) return ended_;
  buffers_->begin = buffers_->end = 0;
  ssize_t size;
  do {
    size = recvfrom(fd_, buffers_->input, kInputBytes, MSG_DONTWAIT, nullptr, nullptr);
  } while (size < 0 && errno == EINTR);
  drained_ = size < static_cast<ssize_t>(kInputBytes);
  if (size > 0) {
    moved_ = true;
    buffers_->end = static_cast<size_t>(size);
    return true;
  }
  ended_ = size == 0 || errno != EAGAIN;
  error_ = size == 0 ? 0 : errno;
  return ended_;
}

ssize_t LibsshSocket::Receive(void* to, size_t size) {
  if (input_size() == 0 && (!Fill() || ended_)) {
    if (ended_ && error_ == 0) return 0;
    errno = ended_ ? error_ : EAGAIN;
    return -1;
  }
  const size_t taken = std::min(size, input_size());
  std::memcpy(to, buffers_->input + buffers_->begin, taken);
  buffers_->begin += taken;
  return static_cast<ssize_t>(taken);
}

ssize_t LibsshSocket::Send(const void* from, size_t size) {
  if (send_failed_) {
    errno = EPIPE;
    return -1;
  }
  buffers_->output.append(static_cast<const char*>(from), size);
  if (buffers_->output.size() >= kOutputBytes) Flush();
  return static_cast<ssize_t>(size);
}

// How much the kernel took. A connection that is broken shows to who receives, too.
size_t LibsshSocket::Write(absl::string_view bytes) {
  size_t written = 0;
  while (written < bytes.size() && !send_failed_) {
    const ssize_t size = sendto(fd_, bytes.data() + written, bytes.size() - written,
                                MSG_NOSIGNAL | MSG_DONTWAIT, nullptr, 0);
    if (size >= 0) {
      moved_ = true;
      written += static_cast<size_t>(size);
    } else if (errno == EAGAIN) {
      break;
    } else {
      send_failed_ = errno != EINTR;
    }
  }
  return written;
}

bool LibsshSocket::Flush() {
  std::string& output = buffers_->output;
  if (fd_ < 0 || send_failed_) {
    output.clear();
    unsent_.clear();
  }
  if (!unsent_.empty() && !held_) unsent_.erase(0, Write(unsent_));
  if (!output.empty()) {
    const size_t written = unsent_.empty() && !held_ ? Write(output) : 0;
    if (!send_failed_) unsent_.append(output, written, std::string::npos);
    output.clear();
  }
  return moved_;
}

int LibsshSocket::Poll(pollfd* asked, int timeout) {
  asked->revents = 0;
  if ((asked->events & POLLIN) != 0 && (input_size() > 0 || Fill())) asked->revents |= POLLIN;
  // What libssh writes before it asks again is taken whole.
  if ((asked->events & POLLOUT) != 0 && unsent_.empty()) asked->revents |= POLLOUT;
  if (asked->revents != 0 || timeout == 0) return asked->revents != 0 ? 1 : 0;
  Flush();
  drained_ = false;
  return KernelPoll(asked, 1, timeout);
}

namespace {

LibsshSocket* SocketOf(int fd) {
  return current != nullptr && current->fd() == fd && fd >= 0 ? current : nullptr;
}

}  // namespace
}  // namespace muster::engine

// In front of the C library's: a program that links this has them, and libssh calls them, for
// symbols are looked up in the program first (ld.so(8)). For every other descriptor they do what
// the C library does.

extern "C" ssize_t recv(int fd, void* to, size_t size, int flags) {
  if (muster::engine::LibsshSocket* socket = muster::engine::SocketOf(fd)) {
    return socket->Receive(to, size);
  }
  return recvfrom(fd, to, size, flags, nullptr, nullptr);
}

extern "C" ssize_t send(int fd, const void* from, size_t size, int flags) {
  if (muster::engine::LibsshSocket* socket = muster::engine::SocketOf(fd)) {
    return socket->Send(from, size);
  }
  return sendto(fd, from, size, flags, nullptr, 0);
}

// The C library declares that poll only writes what it is given.
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
extern "C" int poll(pollfd* asked, nfds_t count, int timeout) {
  muster::engine::LibsshSocket* socket = count == 1 ? muster::engine::SocketOf(asked->fd) : nullptr;
  if (socket != nullptr) return socket->Poll(asked, timeout);
  return muster::engine::KernelPoll(asked, count, timeout);
}
