#include "tests/sim/channels.h"

#include <algorithm>

#include "tests/sim/flood.h"

namespace muster::sim {
namespace {

constexpr uint32_t kMaxPacket = 32 * 1024;

}  // namespace

bool Channels::OnMessage(uint8_t type, WireReader* fields) {
  if (type == kChannelOpen) {
    Open(fields);
    return fields->ok();
  }
  if (type == kChannelOpenFailure) return true;  // of a flood
  if (type < kChannelWindowAdjust || type > kChannelFailure) return false;
  Channel* const channel = Find(fields->Uint32());
  if (channel == nullptr) return false;
  OnChannelMessage(type, fields, channel);
  RemoveClosed();
  return fields->ok();
}

void Channels::Open(WireReader* fields) {
  const absl::string_view type = fields->String();
  Channel::Numbers numbers = {};
  numbers.peer_id = fields->Uint32();
  numbers.window = fields->Uint32();
  numbers.max_packet = fields->Uint32();
  if (host_->Ends(Phase::kOpen)) return;
  if (type == "direct-tcpip") return Refuse(numbers.peer_id, kAdministrativelyProhibited);
  if (type != "session") return Refuse(numbers.peer_id, kUnknownChannelType);
  const bool second = host_->behaviour().one_command == Phase::kOpen && *host_->commands() > 0;
  if (second || channels_.size() >= host_->behaviour().max_sessions) {
    return Refuse(numbers.peer_id, kConnectFailed);
  }
  numbers.id = next_id_++;
  had_channel_ = true;
  last_peer_id_ = numbers.peer_id;
  Confirm(numbers.id, numbers.peer_id);
  channels_.push_back(std::make_unique<Channel>(numbers, host_));
}

void Channels::Refuse(uint32_t peer_id, uint32_t reason) {
  WireWriter(host_->sender()->Begin())
      .Byte(kChannelOpenFailure)
      .Uint32(peer_id)
      .Uint32(reason)
      .String("open failed")
      .String("");
  host_->sender()->End();
}

void Channels::Confirm(uint32_t id, uint32_t peer_id) {
  WireWriter(host_->sender()->Begin())
      .Byte(kChannelOpenConfirmation)
      .Uint32(peer_id)
      .Uint32(id)
      .Uint32(kInputWindow)
      .Uint32(kMaxPacket);
  host_->sender()->End();
}

void Channels::OnChannelMessage(uint8_t type, WireReader* fields, Channel* channel) {
  switch (type) {
    case kChannelRequest:
      return channel->OnRequest(fields);
    case kChannelWindowAdjust:
      return channel->OnWindowAdjust(fields->Uint32());
    case kChannelData:
      return channel->OnData(fields->String().size());
    case kChannelExtendedData:
      fields->Uint32();
      return channel->OnData(fields->String().size());
    case kChannelClose:
      return channel->OnClose();
    default:
      return;  // EOF: the commands read nothing
  }
}

Channel* Channels::Find(uint32_t id) {
  for (const std::unique_ptr<Channel>& channel : channels_) {
    if (channel->id() == id) return channel.get();
  }
  return nullptr;
}

void Channels::RemoveClosed() {
  const auto closed = [](const std::unique_ptr<Channel>& channel) { return channel->closed(); };
  channels_.erase(std::remove_if(channels_.begin(), channels_.end(), closed), channels_.end());
  if (channels_.empty()) Pump();
}

void Channels::Pump() {
  const Flood flood = host_->behaviour().idle_flood;
  while (flood != Flood::kNone && had_channel_ && channels_.empty() && !host_->Congested()) {
    SendFlood(flood, last_peer_id_, host_->sender());
  }
  for (const std::unique_ptr<Channel>& channel : channels_) channel->Pump();
}

}  // namespace muster::sim
