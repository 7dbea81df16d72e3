// Where to listen, as written on the command line.
#ifndef SERVICE_LISTEN_LISTEN_ADDRESS_H_
#define SERVICE_LISTEN_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// A value: either a path, or a host and a port.
struct ListenAddress {
  std::string path;  // of a unix socket
  std::string host;  // a literal address without brackets, or a name
  uint16_t port = 0;

  bool is_unix() const { return !path.empty(); }
};

// "unix:PATH", "127.0.0.1:7777", "[::1]:7777", "localhost:0". INVALID_ARGUMENT says what is wrong.
absl::StatusOr<ListenAddress> ParseListenAddress(absl::string_view text);

}  // namespace muster::service

#endif  // SERVICE_LISTEN_LISTEN_ADDRESS_H_
