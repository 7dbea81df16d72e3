#include "ssh_engine/net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace muster::engine {
namespace {

// The interface of "fe80::1%eth0", by name or number; 0 when there is none of that name.
uint32_t ScopeId(const std::string& zone) {
  uint32_t number = 0;
  return absl::SimpleAtoi(zone, &number) ? number : if_nametoindex(zone.c_str());
}

}  // namespace

Address::Address(const sockaddr* address, socklen_t length)
    : length_(std::min<socklen_t>(length, sizeof(storage_))) {
  memcpy(&storage_, address, length_);
}

absl::optional<Address> Address::Parse(absl::string_view text) {
  sockaddr_in v4 = {};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, std::string(text).c_str(), &v4.sin_addr) == 1) {
    return Address(reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
  }
  sockaddr_in6 v6 = {};
  v6.sin6_family = AF_INET6;
  const size_t percent = text.find('%');
  if (percent != absl::string_view::npos) {
    v6.sin6_scope_id = ScopeId(std::string(text.substr(percent + 1)));
    if (v6.sin6_scope_id == 0) return absl::nullopt;
  }
  if (inet_pton(AF_INET6, std::string(text.substr(0, percent)).c_str(), &v6.sin6_addr) != 1) {
    return absl::nullopt;
  }
  return Address(reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
}

uint16_t Address::port() const {
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage_);
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage_);
  return ntohs(family() == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

void Address::set_port(uint16_t port) {
  if (family() == AF_INET6) {
    reinterpret_cast<sockaddr_in6*>(&storage_)->sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in*>(&storage_)->sin_port = htons(port);
  }
}

std::string Address::ToString() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() != AF_INET6) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&storage_);
    inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
    return absl::StrCat(text, ":", port());
  }
  const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&storage_);
  inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
  char name[IF_NAMESIZE] = "";
  const bool zone = v6->sin6_scope_id != 0;
  if (zone && if_indextoname(v6->sin6_scope_id, name) == nullptr) {
    return absl::StrCat("[", text, "%", v6->sin6_scope_id, "]:", port());
  }
  return absl::StrCat("[", text, zone ? "%" : "", name, "]:", port());
}

}  // namespace muster::engine
