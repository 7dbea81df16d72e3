// Host names to addresses, without blocking.
#ifndef SSH_ENGINE_RESOLVER_H_
#define SSH_ENGINE_RESOLVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ssh_engine/address.h"

namespace muster::engine {

// Loop-confined. One for each loop.
class Resolver {
 public:
  // A look-up under way. Destroying it cancels: the callback does not come any more.
  class Request {
   public:
    virtual ~Request() = default;
  };
  // At least one address (port 0), in the order of RFC 6724, or why there is none: NOT_FOUND when
  // the name does not exist or has no address, UNAVAILABLE when no name server answered.
  using Callback = absl::AnyInvocable<void(absl::StatusOr<std::vector<Address>>)>;

  virtual ~Resolver() = default;

  // `host` is a name or a literal address (IPv6 without brackets; a zone such as fe80::1%eth0 is
  // kept). The callback comes once, from the loop, never inside this call.
  virtual std::unique_ptr<Request> Resolve(absl::string_view host, Callback callback) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_RESOLVER_H_
