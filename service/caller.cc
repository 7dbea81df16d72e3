#include "service/caller.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>
#include <unistd.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace muster::service {

// TCP listeners always ask for a certificate (server_credentials.h): whoever shows none came over
// the unix socket.
absl::StatusOr<Caller> CallerOf(const grpc::ServerContextBase& context) {
  const std::shared_ptr<const grpc::AuthContext> auth = context.auth_context();
  if (auth == nullptr ||
      auth->FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME).empty()) {
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
