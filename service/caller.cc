#include "service/caller.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::service {

namespace {

// kInsecureTransportSecurityType in gRPC's insecure_security_connector.h; no public header has it.
constexpr char kInsecure[] = "insecure";

}  // namespace

// Only the unix socket is served without TLS (Daemon::Listen), and gRPC marks its connections so.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr) return absl::UnauthenticatedError("the connection has no identity");
  const std::vector<grpc::string_ref> transport =
      auth->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  if (transport.size() == 1 && transport.front() == kInsecure) {
    return Caller{absl::StrCat("uid:", getuid()), true};
  }
  for (const char* property :
       {GRPC_PEER_DNS_PROPERTY_NAME, GRPC_PEER_URI_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME}) {
    const std::vector<grpc::string_ref> values = auth->FindPropertyValues(property);
    if (!values.empty() && !values.front().empty()) {
      return Caller{std::string(values.front().data(), values.front().size()), false};
    }
  }
  return absl::UnauthenticatedError(
      "the client's certificate names nobody: it needs a DNS or URI name, or a common name");
}

}  // namespace muster::service
