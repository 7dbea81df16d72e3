#include "ssh_engine/libssh/key_exchange_forecast.h"

#include <cstddef>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "ssh_engine/libssh/algorithms.h"

namespace muster::engine {
namespace {

constexpr size_t kHeaderBytes = 6;  // of a packet: its length, that of its padding, its type
constexpr size_t kCookieBytes = 16;
constexpr char kKexinit = 20;
constexpr size_t kMostPacket = 256 * 1024;  // MAX_PACKET_LEN, packet.c

uint32_t Uint32At(absl::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<uint8_t>(bytes[at + i]);
  return value;
}

}  // namespace

// The first of ours that they have, too (RFC 4253, 7.1).
KeyExchangeForecast::Result KeyExchangeForecast::Judge(absl::string_view theirs) const {
  const std::vector<absl::string_view> names = absl::StrSplit(theirs, ',');
  for (const absl::string_view name : absl::StrSplit(ours_, ',')) {
    if (!absl::c_linear_search(names, name)) continue;
    return IsSlowKeyExchange(name) ? Result::kSlow : Result::kFast;
  }
  return Result::kFast;
}

KeyExchangeForecast::Result KeyExchangeForecast::Read(uint64_t offset, absl::string_view bytes) {
  const uint64_t known = read_ > offset ? read_ - offset : 0;
  if (known < bytes.size()) {
    const absl::string_view fresh = bytes.substr(known);
    waiting_.append(fresh.data(), fresh.size());
    read_ = offset + bytes.size();
  }
  return Parse();
}

// Lines may come before the version.
bool KeyExchangeForecast::PassVersion() {
  while (!version_passed_) {
    const size_t end = waiting_.find('\n');
    if (end == std::string::npos) return false;
    version_passed_ = absl::StartsWith(waiting_, "SSH-");
    waiting_.erase(0, end + 1);
  }
  return true;
}

KeyExchangeForecast::Result KeyExchangeForecast::Parse() {
  while (PassVersion() && waiting_.size() >= kHeaderBytes) {
    const size_t packet = 4 + size_t{Uint32At(waiting_, 0)};
    if (packet > kMostPacket) return Result::kFast;
    const size_t list = kHeaderBytes + kCookieBytes;
    if (waiting_[kHeaderBytes - 1] == kKexinit) {
      if (waiting_.size() < list + 4) return Result::kOpen;
      const size_t size = Uint32At(waiting_, list);
      if (size > packet) return Result::kFast;
      if (waiting_.size() < list + 4 + size) return Result::kOpen;
      return Judge(absl::string_view(waiting_).substr(list + 4, size));
    }
    if (waiting_.size() < packet) return Result::kOpen;
    waiting_.erase(0, packet);
  }
  return Result::kOpen;
}

}  // namespace muster::engine
