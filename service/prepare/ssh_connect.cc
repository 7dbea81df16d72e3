#include "service/prepare/ssh_connect.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"

namespace muster::service {
namespace {

constexpr int kFamilies[] = {AF_INET, AF_INET6};

// With its zone where it has one.
absl::optional<std::string> TextOf(const sockaddr* address) {
  const socklen_t size =
      address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  char text[NI_MAXHOST] = "";
  if (getnameinfo(address, size, text, sizeof(text), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return std::string(text);
}

// The name's first one.
absl::optional<std::string> AddressOf(const std::string& name, int family) {
  addrinfo hints = {};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return {};
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  return TextOf(found->ai_addr);
}

// One that leads nowhere but here.
bool IsLocal(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
  }
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
  return IN6_IS_ADDR_LINKLOCAL(&v6) || IN6_IS_ADDR_LOOPBACK(&v6);
}

// The first that is not local, else the first, as ssh has it (sshconnect.c, check_ifaddrs).
absl::optional<std::string> AddressOf(const std::string& interface, int family,
                                      const ifaddrs* addresses) {
  for (const bool local : {false, true}) {
    for (const ifaddrs* each = addresses; each != nullptr; each = each->ifa_next) {
      if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != family) continue;
      if ((each->ifa_flags & IFF_UP) == 0 || interface != each->ifa_name) continue;
      if (local || !IsLocal(each->ifa_addr)) return TextOf(each->ifa_addr);
    }
  }
  return {};
}

int FamilyOf(const HostSettings& settings) {
  if (settings.address_family == "inet") return AF_INET;
  return settings.address_family == "inet6" ? AF_INET6 : AF_UNSPEC;
}

absl::Status FindSources(const std::string& name, engine::ConnectOptions* options) {
  for (const int family : kFamilies) {
    if (auto found = AddressOf(name, family)) options->sources.push_back(*std::move(found));
  }
  if (!options->sources.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("BindAddress ", name, " is neither an address nor a name that has one"));
}

absl::Status FindSourcesOfInterface(const std::string& name, engine::ConnectOptions* options) {
  ifaddrs* addresses = nullptr;
  if (getifaddrs(&addresses) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("BindInterface ", name, ": ", strerror(errno)));
  }
  const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(addresses, freeifaddrs);
  for (const int family : kFamilies) {
    if (auto found = AddressOf(name, family, addresses)) {
      options->sources.push_back(*std::move(found));
    }
  }
  if (!options->sources.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "BindInterface ", name, " is no interface of this machine that is up and has an address"));
}

}  // namespace

absl::Status AddSource(const HostSettings& settings, engine::ConnectOptions* options) {
  options->family = FamilyOf(settings);
  options->attempts = settings.connection_attempts;
  if (settings.bind_address.has_value()) return FindSources(*settings.bind_address, options);
  if (!settings.bind_interface.has_value()) return absl::OkStatus();
  return FindSourcesOfInterface(*settings.bind_interface, options);
}

}  // namespace muster::service
