// How connections to a host are made from here, secured, and watched over.
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
#include "ssh_engine/algorithms.h"

namespace muster::engine {

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

// A value.
struct ConnectOptions {
  absl::Duration timeout;  // zero: Timeouts::connect
  int family = AF_UNSPEC;  // else AF_INET or AF_INET6: only such addresses of the host
  // Literal addresses of this machine to connect from, one of each family at most: what the host
  // has of another one is not tried. Empty: as the system routes.
  std::vector<std::string> sources;
  int attempts = 1;  // at all of its addresses, a second apart
  KeepAlive keep_alive;
  Algorithms algorithms;

  // All of it. (One more does not compile before it is here.)
  auto Fields() const {
    const auto& [timeout_, family_, sources_, attempts_, keep_alive_, algorithms_] = *this;
    return std::tie(timeout_, family_, sources_, attempts_, keep_alive_, algorithms_);
  }
  friend bool operator==(const ConnectOptions& a, const ConnectOptions& b) {
    return a.Fields() == b.Fields();
  }
  template <typename H>
  friend H AbslHashValue(H h, const ConnectOptions& options) {
    return H::combine(std::move(h), options.Fields());
  }
};

// What tells sessions apart that are made with them; empty where that is nothing. What only counts
// until there is a session does not, nor what is its user's. (One field more does not compile
// before it is here: does it?)
inline std::string IdOf(const ConnectOptions& options) {
  const auto& [timeout, family, sources, attempts, keep_alive, algorithms] = options;
  const std::string own = IdOf(algorithms);
  if (family == AF_UNSPEC && sources.empty() && own.empty()) return "";
  return absl::StrCat("family ", family, " from ", absl::StrJoin(sources, " "), " ", own);
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_CONNECT_OPTIONS_H_
