// Host names to addresses, without blocking.
#ifndef SSH_ENGINE_NET_RESOLVER_H_
#define SSH_ENGINE_NET_RESOLVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/net/address.h"

namespace muster::engine {

// Loop-confined. One for each loop.
class Resolver {
 public:
  // A look-up under way. Destroying it cancels: the callback does not come any more.
  class Request {
   public:
    virtual ~Request() = default;
  };
  // IPv6 and IPv4 addresses are asked for at the same time, and each come as soon as they are
  // there.
  struct Answer {
    // Port 0, in the order of RFC 6724. Empty only where others have come before, and there are no
    // more. An error comes alone: NOT_FOUND when the name does not exist or has no address,
    // UNAVAILABLE when a name server failed or none answered, which may pass.
    absl::StatusOr<std::vector<Address>> addresses;
    bool last = true;
  };
  using Callback = absl::AnyInvocable<void(Answer)>;

  virtual ~Resolver() = default;

  // `host` is a name or a literal address (IPv6 without brackets; a zone such as fe80::1%eth0 is
  // kept). The callback comes from the loop, never inside this call, once or twice: up to the last
  // answer. It may destroy the request.
  virtual std::unique_ptr<Request> Resolve(absl::string_view host, Callback callback) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_RESOLVER_H_
