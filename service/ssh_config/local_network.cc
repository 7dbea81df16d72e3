#include "service/ssh_config/local_network.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"

namespace muster::service {
namespace {

using Bytes = std::vector<uint8_t>;  // of an address: 4, or 16

struct Network {
  Bytes address;
  size_t bits = 0;
};

absl::optional<Bytes> ParseAddress(const std::string& text) {
  Bytes v4(sizeof(in_addr));
  if (inet_pton(AF_INET, text.c_str(), v4.data()) == 1) return v4;
  Bytes v6(sizeof(in6_addr));
  if (inet_pton(AF_INET6, text.c_str(), v6.data()) == 1) return v6;
  return {};
}

bool HasBit(const Bytes& bytes, size_t bit) { return (bytes[bit / 8] >> (7 - bit % 8) & 1) != 0; }

// One that has bits behind its network's is none.
absl::optional<Network> ParseNetwork(absl::string_view text) {
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits('/', 1));
  const absl::optional<Bytes> address = ParseAddress(parts.first);
  if (!address.has_value()) return {};
  Network network = {*address, address->size() * 8};
  const size_t all = network.bits;
  const bool has_bits = text.find('/') != absl::string_view::npos;
  if (has_bits && (!absl::SimpleAtoi(parts.second, &network.bits) || network.bits > all)) return {};
  for (size_t bit = network.bits; bit < all; ++bit) {
    if (HasBit(network.address, bit)) return {};
  }
  return network;
}

bool Contains(const Network& network, const Bytes& address) {
  if (address.size() != network.address.size()) return false;
  for (size_t bit = 0; bit < network.bits; ++bit) {
    if (HasBit(network.address, bit) != HasBit(address, bit)) return false;
  }
  return true;
}

Bytes BytesOf(const sockaddr* address) {
  const auto copy = [](const void* from, size_t size) {
    const auto* const bytes = static_cast<const uint8_t*>(from);
    return Bytes(bytes, bytes + size);
  };
  if (address->sa_family == AF_INET) {
    return copy(&reinterpret_cast<const sockaddr_in*>(address)->sin_addr, sizeof(in_addr));
  }
  if (address->sa_family != AF_INET6) return {};
  return copy(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, sizeof(in6_addr));
}

}  // namespace

absl::StatusOr<bool> IsOnLocalNetwork(absl::string_view networks) {
  std::vector<Network> list;
  for (const absl::string_view text : absl::StrSplit(networks, ',')) {
    absl::optional<Network> network = ParseNetwork(text);
    if (!network.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Match localnetwork ", networks, ": \"", text, "\" is no network"));
    }
    list.push_back(*std::move(network));
  }
  ifaddrs* interfaces = nullptr;
  if (getifaddrs(&interfaces) != 0) {
    return absl::UnavailableError(absl::StrCat("Match localnetwork: ", strerror(errno)));
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(interfaces, freeifaddrs);
  for (const ifaddrs* each = interfaces; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    const Bytes address = BytesOf(each->ifa_addr);
    if (absl::c_any_of(list, [&](const Network& one) { return Contains(one, address); })) {
      return true;
    }
  }
  return false;
}

}  // namespace muster::service
