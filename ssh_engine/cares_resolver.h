// Resolver over c-ares: the one file that knows it.
#ifndef SSH_ENGINE_CARES_RESOLVER_H_
#define SSH_ENGINE_CARES_RESOLVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "ssh_engine/event_loop.h"
#include "ssh_engine/resolver.h"

namespace muster::engine {

// As the system's resolv.conf and hosts file say, unless changed here.
struct CaresOptions {
  std::string servers;     // "127.0.0.1:5353,..."; empty: those of resolv.conf
  bool search = true;      // whether to try the search domains of resolv.conf
  absl::Duration timeout;  // of one try; zero: c-ares' own, 5 s
  int tries = 0;           // for each server; zero: c-ares' own, 4
};

// Call it in the loop's thread. resolv.conf is read here, once.
absl::StatusOr<std::unique_ptr<Resolver>> NewCaresResolver(EventLoop* loop,
                                                           const CaresOptions& options = {});

}  // namespace muster::engine

#endif  // SSH_ENGINE_CARES_RESOLVER_H_
