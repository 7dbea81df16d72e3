// Who calls.
#ifndef SERVICE_CALLER_H_
#define SERVICE_CALLER_H_

#include <grpcpp/server_context.h>

#include <string>

#include "absl/status/statusor.h"

namespace muster::service {

// A value.
struct Caller {
  // "uid:1000" over the unix socket, the certificate's first DNS or URI name over TLS, or else its
  // common name.
  std::string name;
  // Came over the unix socket, which only the daemon's owner can open: may do what the owner may.
  bool local = false;
};

// UNAUTHENTICATED where a certificate names nobody. Thread-safe.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context);

}  // namespace muster::service

#endif  // SERVICE_CALLER_H_
