// How connections to a host are made from here, and watched over.
#ifndef SSH_ENGINE_CONNECT_OPTIONS_H_
#define SSH_ENGINE_CONNECT_OPTIONS_H_

#include <sys/socket.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace muster::engine {

// A value.
struct ConnectOptions {
  int family = AF_UNSPEC;  // else AF_INET or AF_INET6: only such addresses of the host
  // Literal addresses of this machine to connect from, one of each family at most: what the host
  // has of another one is not tried. Empty: as the system routes.
  std::vector<std::string> sources;
  int attempts = 1;  // at all of its addresses, a second apart

  auto Fields() const {
    const auto& [family_, sources_, attempts_] = *this;
    return std::tie(family_, sources_, attempts_);
  }
  friend bool operator==(const ConnectOptions& a, const ConnectOptions& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const ConnectOptions& options) {
    return H::combine(std::move(h), options.Fields());
  }
};

// The same for connections that are alike once they are made. Empty where nothing was asked for.
inline std::string IdOf(const ConnectOptions& options) {
  const auto& [family, sources, attempts] = options;
  if (family == AF_UNSPEC && sources.empty()) return "";
  return absl::StrCat("family ", family, " from ", absl::StrJoin(sources, " "), " ");
}

// While a session is used, its server is asked for a sign of life after each `interval` in which
// none came; after `count` in vain the connection is lost (ssh_config(5), ServerAliveInterval and
// ServerAliveCountMax). A value.
struct KeepAlive {
  absl::Duration interval;  // zero: never
  int count = 3;

  auto Fields() const {
    const auto& [interval_, count_] = *this;
    return std::tie(interval_, count_);
  }
  friend bool operator==(const KeepAlive& a, const KeepAlive& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const KeepAlive& keep_alive) {
    return H::combine(std::move(h), keep_alive.Fields());
  }
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_CONNECT_OPTIONS_H_
