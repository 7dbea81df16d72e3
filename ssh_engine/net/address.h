#ifndef SSH_ENGINE_NET_ADDRESS_H_
#define SSH_ENGINE_NET_ADDRESS_H_

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"

namespace muster::engine {

// An IPv4 or IPv6 socket address. A value.
class Address {
 public:
  // `length` bytes of a sockaddr_in or sockaddr_in6.
  Address(const sockaddr* address, socklen_t length);

  // A literal address without brackets or port; a zone (fe80::1%eth0) is honoured.
  static absl::optional<Address> Parse(absl::string_view text);

  int family() const { return storage_.ss_family; }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t length() const { return length_; }
  uint16_t port() const;
  void set_port(uint16_t port);

  // "192.0.2.1:22", "[2001:db8::1]:22".
  std::string ToString() const;

 private:
  Address() = default;

  sockaddr_storage storage_ = {};
  socklen_t length_ = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_ADDRESS_H_
