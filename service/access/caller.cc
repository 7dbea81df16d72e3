#include "service/access/caller.h"

#include <grpc/grpc_security_constants.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"

namespace muster::service {
namespace {

// As gRPC's insecure_security_connector.h and local_transport_security.h have them; no public
// header does.
constexpr char kInsecure[] = "insecure";
constexpr char kLocal[] = "local";

// How a kind is written.
struct KindPrefix {
  Caller::Kind kind;
  absl::string_view prefix;
};

constexpr KindPrefix kPrefixes[] = {
    {Caller::Kind::kUid, "uid:"},
    {Caller::Kind::kDns, "dns:"},
    {Caller::Kind::kUri, "uri:"},
    {Caller::Kind::kCommonName, "cn:"},
};

absl::Status CheckName(absl::string_view name) {
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return absl::ascii_isprint(static_cast<unsigned char>(c));
  });
  if (plain && !name.empty() && name.size() <= kMaxCallerNameBytes) return absl::OkStatus();
  return absl::UnauthenticatedError(
      absl::StrCat("the name that the client's certificate is known by (its first DNS name, else "
                   "its first URI, else its common name) must be 1 to ",
                   kMaxCallerNameBytes, " printable ASCII characters"));
}

bool HasTransport(const grpc::AuthContext& connection, const char* type) {
  const std::vector<grpc::string_ref> transport =
      connection.FindPropertyValues(GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
  return transport.size() == 1 && transport.front() == type;
}

}  // namespace

std::string Caller::Text() const {
  for (const KindPrefix& known : kPrefixes) {
    if (known.kind == kind) return absl::StrCat(known.prefix, name);
  }
  return name;
}

Caller CallerOfText(absl::string_view text) {
  for (const KindPrefix& known : kPrefixes) {
    if (!absl::StartsWith(text, known.prefix)) continue;
    return {known.kind, std::string(text.substr(known.prefix.size()))};
  }
  return {Caller::Kind::kDns, std::string(text)};
}

absl::StatusOr<Caller> CallerOf(const CertificateNames& names) {
  const std::pair<Caller::Kind, const std::vector<grpc::string_ref>&> kinds[] = {
      {Caller::Kind::kDns, names.dns},
      {Caller::Kind::kUri, names.uris},
      {Caller::Kind::kCommonName, names.common_names},
  };
  for (const auto& [kind, values] : kinds) {
    if (values.empty()) continue;
    const absl::string_view name(values.front().data(), values.front().size());
    if (absl::Status checked = CheckName(name); !checked.ok()) return checked;
    return Caller{kind, std::string(name)};
  }
  return absl::UnauthenticatedError(
      "the client's certificate names nobody: it needs a DNS or URI name, or a common name");
}

// Only the unix socket is served without TLS, and by these credentials (Daemon::StartServer).
absl::StatusOr<Caller> CallerOf(const grpc::AuthContext* connection) {
  if (connection == nullptr) return absl::UnauthenticatedError("the connection has no identity");
  if (HasTransport(*connection, kInsecure)) {
    return Caller{Caller::Kind::kUid, absl::StrCat(geteuid())};
  }
  if (HasTransport(*connection, kLocal)) return Caller{Caller::Kind::kUid, "0"};
  return CallerOf(CertificateNames{connection->FindPropertyValues(GRPC_PEER_DNS_PROPERTY_NAME),
                                   connection->FindPropertyValues(GRPC_PEER_URI_PROPERTY_NAME),
                                   connection->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME)});
}

}  // namespace muster::service
