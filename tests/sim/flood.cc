#include "tests/sim/flood.h"

#include <string>
#include <utility>

#include "tests/sim/wire.h"

namespace muster::sim {
namespace {

constexpr uint32_t kNoChannel = 1'000'000;
constexpr std::pair<absl::string_view, Flood> kNames[] = {
    {"requests", Flood::kRequests}, {"opens", Flood::kOpens},     {"globals", Flood::kGlobals},
    {"ignores", Flood::kIgnores},   {"unknown", Flood::kUnknown}, {"empty-data", Flood::kEmptyData},
};

void Write(Flood flood, uint32_t channel, WireWriter writer) {
  switch (flood) {
    case Flood::kNone:
      return;
    case Flood::kRequests:
      writer.Byte(kChannelRequest).Uint32(channel).String("flood@muster").Bool(true);
      return;
    case Flood::kOpens:
      writer.Byte(kChannelOpen).String("flood@muster").Uint32(7).Uint32(65536).Uint32(32768);
      return;
    case Flood::kGlobals:
      writer.Byte(kGlobalRequest).String("flood@muster").Bool(true);
      return;
    case Flood::kIgnores:
      writer.Byte(kIgnore).String(std::string(1024, 'x'));
      return;
    case Flood::kUnknown:
      writer.Byte(kChannelData).Uint32(kNoChannel).String(std::string(1024, 'x'));
      return;
    case Flood::kEmptyData:
      writer.Byte(kChannelData).Uint32(channel).String("");
      return;
  }
}

}  // namespace

absl::optional<Flood> ParseFlood(absl::string_view name) {
  for (const auto& known : kNames) {
    if (known.first == name) return known.second;
  }
  return absl::nullopt;
}

void SendFlood(Flood flood, uint32_t channel, MessageSender* sender) {
  Write(flood, channel, WireWriter(sender->Begin()));
  sender->End();
}

}  // namespace muster::sim
