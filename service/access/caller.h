// Who calls.
#ifndef SERVICE_ACCESS_CALLER_H_
#define SERVICE_ACCESS_CALLER_H_

#include <grpcpp/security/auth_context.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// An identity: what kind of name, and the name. Callers are the same where both are. A value.
struct Caller {
  enum class Kind {
    kUid,         // came over the unix socket, which only the daemon's owner can open
    kDns,         // of a certificate
    kUri,         // of a certificate
    kCommonName,  // of a certificate that has neither
  };
  Kind kind = Kind::kUid;
  std::string name;  // printable ASCII; of kUid a number

  // May do what the owner may.
  bool local() const { return kind == Kind::kUid; }
  // "uid:1000", "dns:ci.example.com", "uri:spiffe://example.com/ci", "cn:ci": the kind is what
  // stands before the first ':', so two callers never have the same text. Runs are kept under it.
  std::string Text() const;
};

// Who has this Text(). A text without a kind is a DNS name: so were certificates' names kept once.
Caller CallerOfText(absl::string_view text);

// What a certificate says of its holder, each kind in the certificate's order. Borrows.
struct CertificateNames {
  std::vector<grpc::string_ref> dns;
  std::vector<grpc::string_ref> uris;
  std::vector<grpc::string_ref> common_names;
};

// A certificate stands for one identity: its first DNS name; where it has none, its first URI;
// where it has neither, its common name. Its other names count for nothing. UNAUTHENTICATED: it
// names nobody, or that name is longer than kMaxCallerNameBytes or not printable ASCII (a NUL would
// make "ci.example.com\0.attacker.org" look like another).
absl::StatusOr<Caller> CallerOf(const CertificateNames& names);
// Whoever made this connection. Thread-safe.
absl::StatusOr<Caller> CallerOf(const grpc::AuthContext* connection);

}  // namespace muster::service

#endif  // SERVICE_ACCESS_CALLER_H_
