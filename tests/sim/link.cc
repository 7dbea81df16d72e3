#include "tests/sim/link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include <utility>

namespace muster::sim {
namespace {

// What may wait for the socket. With a delay more is under way; the peer's window bounds that.
constexpr size_t kMostQueued = 256 * 1024;
constexpr size_t kMostDelayed = 4 * 1024 * 1024;

}  // namespace

Link::Link(engine::EventLoop* loop, UniqueFd fd, absl::Duration delay, Buffers* buffers,
           Statistics* statistics, Handler* handler)
    : loop_(loop),
      fd_(std::move(fd)),
      watch_(loop->Watch(fd_.get(), engine::Priority::kNormal, [this](engine::Readiness ready) { OnReady(ready); })),
      delay_(delay),
      buffers_(buffers),
      statistics_(statistics),
      handler_(handler) {
  watch_->SetInterest(true, false);
}

std::string* Link::out() {
  if (out_.empty() && out_.capacity() < 64) out_ = buffers_->Get();
  return &out_;
}

size_t Link::MostQueued() const {
  return delay_ > absl::ZeroDuration() ? kMostDelayed : kMostQueued;
}

bool Link::Congested() {
  const bool congested = queued_ + out_.size() >= MostQueued();
  starved_ = starved_ || congested;
  return congested;
}

void Link::OnReady(engine::Readiness readiness) {
  if (readiness.readable || readiness.hangup) Read();
  if (open() && readiness.writable) {
    blocked_ = false;
    SendDue();
    OfferRoom();
  }
}

void Link::Read() {
  char* const data = buffers_->input();
  memcpy(data, rest_.data(), rest_.size());
  const ssize_t count =
      recv(fd_.get(), data + rest_.size(), Buffers::kInputBytes - rest_.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    handler_->OnClosed();
    return;
  }
  const size_t size = rest_.size() + static_cast<size_t>(count);
  const size_t used = handler_->OnBytes(data, size);
  if (!open()) return;
  rest_ = std::string(data + used, size - used);
  Flush();
}

void Link::Flush() {
  if (!open()) return;
  if (!out_.empty()) Enqueue(std::exchange(out_, {}));
  if (!blocked_) SendDue();
  UpdateInterest();
}

void Link::Enqueue(std::string bytes) {
  queued_ += bytes.size();
  chunks_.push_back({loop_->Now() + delay_, std::move(bytes), 0});
}

void Link::SendDue() {
  while (open() && !chunks_.empty() && chunks_.front().due <= loop_->Now()) {
    if (!SendFront()) return;
  }
  if (!open() || chunks_.empty()) return;
  if (timer_ == nullptr) timer_ = loop_->NewTimer([this] { OnTimer(); });
  if (!timer_->armed()) timer_->Arm(chunks_.front().due - loop_->Now());
}

// False where the socket takes no more, or is closed.
bool Link::SendFront() {
  Chunk& chunk = chunks_.front();
  const ssize_t count = send(fd_.get(), chunk.bytes.data() + chunk.sent,
                             chunk.bytes.size() - chunk.sent, MSG_NOSIGNAL);
  if (count < 0) {
    blocked_ = errno == EAGAIN || errno == EINTR;
    if (!blocked_) handler_->OnClosed();
    return false;
  }
  statistics_->sent_bytes += static_cast<uint64_t>(count);
  chunk.sent += static_cast<size_t>(count);
  queued_ -= static_cast<size_t>(count);
  blocked_ = chunk.sent < chunk.bytes.size();
  if (blocked_) return false;
  buffers_->Put(std::move(chunk.bytes));
  chunks_.pop_front();
  return true;
}

void Link::OnTimer() {
  if (!blocked_) SendDue();
  OfferRoom();
}

bool Link::HasRoomAgain() const { return starved_ && !blocked_ && queued_ <= MostQueued() / 2; }

void Link::OfferRoom() {
  if (open() && HasRoomAgain()) {
    starved_ = false;
    handler_->OnRoom();
  }
  Flush();
}

// Who was told to wait although all could be sent goes on in the loop's next iteration.
void Link::UpdateInterest() {
  if (open()) watch_->SetInterest(true, blocked_ || HasRoomAgain());
}

void Link::Close() {
  watch_.reset();
  timer_.reset();
  fd_.Reset();
}

void Link::Reset() {
  if (!open()) return;
  const linger at_once = {1, 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  Close();
}

}  // namespace muster::sim
