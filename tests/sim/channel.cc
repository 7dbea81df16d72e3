#include "tests/sim/channel.h"

#include <algorithm>
#include <utility>

#include "tests/sim/channels.h"
#include "tests/sim/flood.h"

namespace muster::sim {
namespace {

constexpr uint32_t kStderr = 1;  // SSH_EXTENDED_DATA_STDERR
constexpr size_t kMostInOnePacket = 32 * 1024;
constexpr absl::Duration kLateAnswer = absl::Milliseconds(500);

void PatchUint32(uint32_t value, size_t at, std::string* message) {
  for (int i = 0; i < 4; ++i) (*message)[at + i] = static_cast<char>(value >> (24 - 8 * i));
}

}  // namespace

Channel::Channel(const Numbers& numbers, ChannelHost* host) : numbers_(numbers), host_(host) {}

void Channel::OnRequest(WireReader* fields) {
  const absl::string_view type = fields->String();
  const bool want_reply = fields->Bool();
  if (type == "exec" && !had_command_) {
    Exec(fields->String(), want_reply);
  } else if (type == "signal" && command_ != nullptr) {
    command_->Signal(fields->String());
    Answer(true, want_reply);
    Pump();
  } else {
    // Of the environment sshd takes nothing by default either.
    Answer(type == "pty-req", want_reply);
  }
}

void Channel::Exec(absl::string_view text, bool want_reply) {
  if (host_->Ends(Phase::kExec)) return;
  had_command_ = true;
  if ((*host_->commands())++ > 0 && host_->behaviour().one_command == Phase::kExec) {
    return Answer(false, want_reply);
  }
  ++host_->statistics()->commands;
  command_ =
      std::make_unique<Command>(host_->loop(), ParseCommand(text, host_->address()),
                                host_->behaviour().bytes_per_second, [this] { host_->OnWake(); });
  const Behaviour& behaviour = host_->behaviour();
  if (want_reply && behaviour.late_exec) AnswerLater();
  Answer(true, want_reply && !behaviour.mute_exec && !behaviour.late_exec);
  Pump();
}

void Channel::AnswerLater() {
  answer_timer_ = host_->loop()->NewTimer([this] {
    if (!close_sent_) Answer(true, true);
    host_->OnWake();
  });
  answer_timer_->Arm(kLateAnswer);
}

void Channel::Answer(bool success, bool want_reply) {
  if (want_reply) SendPlain(success ? kChannelSuccess : kChannelFailure);
}

void Channel::OnWindowAdjust(uint32_t bytes) {
  if (!std::exchange(had_adjust_, true) && host_->behaviour().lost_window) return;
  numbers_.window += std::min(bytes, ~numbers_.window);
  Pump();
}

// Nothing reads it; the window is opened again as sshd does.
void Channel::OnData(size_t bytes) {
  unacknowledged_ += static_cast<uint32_t>(bytes);
  if (unacknowledged_ < kInputWindow / 2 || close_sent_) return;
  WireWriter(host_->sender()->Begin())
      .Byte(kChannelWindowAdjust)
      .Uint32(numbers_.peer_id)
      .Uint32(std::exchange(unacknowledged_, 0));
  host_->sender()->End();
}

void Channel::OnClose() {
  close_received_ = true;
  if (command_ != nullptr) {
    command_.reset();
    host_->OnCommandEnd();
  }
  if (!std::exchange(close_sent_, true)) SendPlain(kChannelClose);
}

void Channel::Pump() {
  while (command_ != nullptr) {
    switch (command_->Advance()) {
      case Command::Next::kWait:
        return SendFloods();
      case Command::Next::kEnd:
        return Finish();
      case Command::Next::kOutput:
        break;
    }
    const size_t limit = std::min<size_t>({numbers_.window, numbers_.max_packet, kMostInOnePacket});
    if (limit == 0 || host_->Congested()) return;
    if (host_->behaviour().stall == Phase::kOutput || host_->behaviour().reset == Phase::kOutput) {
      return SendFirstLine();
    }
    SendOutput(limit);
  }
}

void Channel::SendFloods() {
  const Flood flood = host_->behaviour().flood;
  while (flood != Flood::kNone && !host_->Congested()) {
    SendFlood(flood, numbers_.peer_id, host_->sender());
  }
}

void Channel::SendFirstLine() {
  SendOutput(std::min<size_t>(numbers_.window, AddressLines::kLineBytes));
  host_->Ends(Phase::kOutput);
}

void Channel::SendOutput(size_t limit) {
  const bool to_stderr = command_->to_stderr();
  std::string* const message = host_->sender()->Begin();
  WireWriter writer(message);
  writer.Byte(to_stderr ? kChannelExtendedData : kChannelData).Uint32(numbers_.peer_id);
  if (to_stderr) writer.Uint32(kStderr);
  writer.Uint32(0);
  const size_t start = message->size();
  command_->TakeOutput(limit, message);
  const auto bytes = static_cast<uint32_t>(message->size() - start);
  PatchUint32(bytes, start - sizeof(bytes), message);
  host_->sender()->End();
  numbers_.window -= bytes;
  host_->statistics()->output_bytes += bytes;
}

void Channel::Finish() {
  const CommandEnd end = command_->end();
  if (end.how == CommandEnd::How::kDrop) return host_->Drop();
  if (host_->Ends(Phase::kOutput)) return;
  command_.reset();
  if (host_->behaviour().reset != Phase::kClose) SendPlain(kChannelEof);
  if (end.how == CommandEnd::How::kExit) SendExitStatus(end.code);
  if (host_->Ends(Phase::kClose)) return;
  if (end.how == CommandEnd::How::kSignal) SendExitSignal(end.signal);
  SendPlain(kChannelClose);
  close_sent_ = true;
  host_->OnCommandEnd();
}

void Channel::SendExitStatus(uint32_t code) {
  WireWriter(host_->sender()->Begin())
      .Byte(kChannelRequest)
      .Uint32(numbers_.peer_id)
      .String("exit-status")
      .Bool(false)
      .Uint32(code);
  host_->sender()->End();
}

void Channel::SendExitSignal(absl::string_view name) {
  WireWriter(host_->sender()->Begin())
      .Byte(kChannelRequest)
      .Uint32(numbers_.peer_id)
      .String("exit-signal")
      .Bool(false)
      .String(name)
      .Bool(false)
      .String("")
      .String("");
  host_->sender()->End();
}

void Channel::SendPlain(uint8_t type) {
  WireWriter(host_->sender()->Begin()).Byte(type).Uint32(numbers_.peer_id);
  host_->sender()->End();
}

}  // namespace muster::sim
