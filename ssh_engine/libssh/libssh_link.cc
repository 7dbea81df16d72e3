#include "ssh_engine/libssh/libssh_link.h"

#include <libssh/server.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "ssh_engine/base/peer_text.h"

namespace muster::engine {
namespace {

// Of answers and input that the server does not take.
constexpr size_t kMostUnsent = 4 * 1024 * 1024;

// How a connection ended, in libssh's words (ssh_packet_disconnect_callback, packet_cb.c;
// ssh_socket_exception_callback, session.c). The first goes on like "2:Too many failures".
constexpr absl::string_view kDisconnected = "Received SSH_MSG_DISCONNECT: ";
constexpr absl::string_view kEnded = "Socket error: disconnected";
constexpr absl::string_view kTooManyConnections = "12:";  // RFC 4253, 11.1

}  // namespace

int LibsshLink::fd() const {
  if (session_ == nullptr || event_ == nullptr) return socket_.get();
  return ssh_get_fd(session_);
}

// --- Turns

void LibsshLink::EndTurn() {
  io_.StopReceiving();
  for (size_t left = SIZE_MAX; event_ != nullptr && io_.input_size() < left;) {
    left = io_.input_size();
    if ((left == 0 && !LibraryWantsWrite()) || !Alive()) break;
    ssh_event_dopoll(event_, 0);
  }
  // libssh closes it when the connection breaks, and its number may be somebody else's by now.
  if (fd() != io_.fd()) return io_.Forget();
  const bool waits = std::exchange(waits_, false);
  if (io_.Flush() && ((waits && in_parts_) || tunnels_ > 0)) AcknowledgeAtOnce();
}

// Servers send in two parts and wait for our acknowledgement in between (Nagle): 40 ms a session.
// Sending ends quick acknowledgement.
void LibsshLink::AcknowledgeAtOnce() {
  const int on = 1;
  setsockopt(io_.fd(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof(on));
}

void LibsshLink::InTurn(absl::FunctionRef<void()> use) {
  const Turn turn(this);
  io_.StopReceiving();
  use();
  Settle();
}

// The answer, mostly a refusal, is only looked at by the next call, which then sends nothing
// (ssh_global_request, channels.c).
void LibsshLink::AskForLife() {
  InTurn([this] {
    const uint64_t sent = packets_.out_packets;
    ssh_send_keepalive(session_);
    if (packets_.out_packets == sent) ssh_send_keepalive(session_);
  });
}

void LibsshLink::Remove(Command* command) {
  commands_.erase(absl::c_find(commands_, command));
  if (commands_.empty()) news_ = false;
}

LibsshLink::Step LibsshLink::Pump() {
  const Turn turn(this);
  const bool had_more = std::exchange(has_more_, false);
  const int most = had_more || commands_.empty() ? kReadsPerTurn : kFirstReads;
  for (int i = 0;; ++i) {
    if (i == most) {
      has_more_ = true;
      io_.StopReceiving();
    }
    for (size_t c = 0; c < commands_.size(); ++c) commands_[c]->TakeReply();  // may add one
    if (std::exchange(news_, false)) return Step::kAgain;
    const int result = ssh_event_dopoll(event_, 0);
    if (std::exchange(news_, false)) return Step::kAgain;
    if (result == SSH_AGAIN) break;
    if (result == SSH_ERROR || !Alive()) return FailLost();
  }
  for (Command* command : commands_) command->RepeatWindow();
  return Settle() ? Step::kAgain : FailLost();
}

// --- The connection

// A server that says too much beside output is given up: what comes is not looked at any more.
bool LibsshLink::Alive() {
  if (given_up_.has_value()) return false;
  if ((ssh_get_status(session_) & (SSH_CLOSED | SSH_CLOSED_ERROR)) != 0) return false;
  flooded_ = flooded_ ||
             chatter_.Passed(packets_.in_bytes, packets_.in_packets, packets_.out_bytes) ||
             io_.unsent_size() > kMostUnsent;
  return !flooded_;
}

bool LibsshLink::Settle() {
  if (!Alive()) return false;
  // libssh asks for writability after each write, whether or not there is more to write.
  if (!LibraryWantsWrite()) return true;
  ssh_event_dopoll(event_, 0);
  return Alive();
}

std::string LibsshLink::LibraryError() const {
  return session_ == nullptr ? "out of memory" : PeerText(ssh_get_error(session_));
}

LibsshLink::Step LibsshLink::Fail(TransportFailure failure) {
  failure_ = std::move(failure);
  return Step::kFailed;
}

LibsshLink::Step LibsshLink::FailLost() {
  if (given_up_.has_value()) return Fail(*given_up_);
  return flooded_ ? FailFlooded() : Fail(Loss());
}

LibsshLink::Step LibsshLink::FailFlooded() {
  return Fail(
      {Cause::kProtocol, false,
       absl::StrCat("the server sent ", packets_.in_bytes, " bytes in ", packets_.in_packets,
                    " packets, far more than belongs to any output: requests, notices and "
                    "the like; the connection was closed")});
}

TransportFailure LibsshLink::Loss() const {
  absl::string_view error = ssh_get_error(session_);
  if (absl::ConsumePrefix(&error, kDisconnected)) {
    const absl::string_view words = error.substr(error.find(':') + 1);
    const bool throttled = absl::StartsWith(error, kTooManyConnections);
    return {throttled ? Cause::kNone : Cause::kReset, throttled,
            absl::StrCat("the server ended the connection, saying \"", PeerText(words), "\""),
            true};
  }
  if (error == kEnded) {
    return {Cause::kReset, false, "the server closed the connection without a word", true};
  }
  return {absl::StrContains(error, "timed out") ? Cause::kTimeout : Cause::kReset, false,
          absl::StrCat("the connection broke: ", LibraryError())};
}

}  // namespace muster::engine
