// How network callers prove who they are, and the daemon who it is.
#ifndef SERVICE_LISTEN_SERVER_CREDENTIALS_H_
#define SERVICE_LISTEN_SERVER_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/access/authorizer.h"

namespace muster::service {

// PEM files. A value.
struct TlsFiles {
  std::string certificate;  // the daemon's, with its chain
  std::string key;
  std::string client_ca;  // whose certificates callers must show
};

// Mutual TLS, never less; files that are replaced are read anew while the daemon runs. Who gets in,
// and to what, `authorizer` decides, which must outlive the server (NetworkDoor). Blocks.
// INVALID_ARGUMENT: one is not named; else what is wrong with which file: gRPC would say nothing
// and refuse every call.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MutualTls(const TlsFiles& files,
                                                                   const Authorizer* authorizer);

}  // namespace muster::service

#endif  // SERVICE_LISTEN_SERVER_CREDENTIALS_H_
