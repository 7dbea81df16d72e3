#include "ssh_engine/transport/session.h"

#include <poll.h>

#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

bool HasMoreToRead(int fd) {
  pollfd poller = {fd, POLLIN, 0};
  return poll(&poller, 1, 0) > 0;
}

}  // namespace

void Session::SetKeepAlive(const KeepAlive& keep_alive) {
  keep_alive_ = keep_alive;
  unanswered_ = 0;
  alive_timer_.reset();
  if (keep_alive.interval <= absl::ZeroDuration() || transport_->fd() < 0) return;
  heard_ = transport_->received_bytes();
  alive_timer_ = loop_->NewTimer([this] { OnAliveTimer(); });
  alive_timer_->Arm(keep_alive.interval);
}

void Session::OnAliveTimer() {
  if (transport_->fd() < 0) return;
  unanswered_ = HeardNothing() ? unanswered_ + 1 : 0;
  if (unanswered_ > keep_alive_.count) return Lose();
  if (unanswered_ > 0) transport_->AskForLife();
  alive_timer_->Arm(keep_alive_.interval);
  SetInterest(read_, transport_->WantsWrite());
}

void Session::Lose() {
  transport_->GiveUp({Cause::kTimeout, false,
                      absl::StrCat("the server has sent nothing for ",
                                   absl::FormatDuration(keep_alive_.interval * unanswered_),
                                   ", though it was asked for a sign of life (ServerAliveInterval ",
                                   absl::FormatDuration(keep_alive_.interval),
                                   ", ServerAliveCountMax ", keep_alive_.count, ")")});
  user_->OnSessionReady();
}

bool Session::HeardNothing() {
  const bool nothing = std::exchange(heard_, transport_->received_bytes()) == heard_;
  return nothing && read_ && !HasMoreToRead(transport_->fd());
}

}  // namespace muster::engine
