// Who gets in from the network, and to what.
#ifndef SERVICE_LISTEN_NETWORK_DOOR_H_
#define SERVICE_LISTEN_NETWORK_DOOR_H_

#include <grpcpp/security/auth_metadata_processor.h>
#include <grpcpp/security/tls_certificate_verifier.h>

#include <memory>

#include "service/access/authorizer.h"

namespace muster::service {

// At the end of a TLS handshake, after gRPC has checked the certificate's chain: a caller of whom
// no rule speaks is refused there, before anything he sends is read as HTTP/2. He sees his
// connection closed; the daemon's log names him, at most once a second. `authorizer` must outlive
// it.
std::shared_ptr<grpc::experimental::CertificateVerifier> NewHandshakeCheck(
    const Authorizer* authorizer);

// Before every call, whatever its method: UNAUTHENTICATED, PERMISSION_DENIED as CallGate::Admit, so
// that health and reflection, which pass no gate, are for callers that a rule is about. Channelz,
// which tells of all callers, is for the owner of the unix socket alone. `authorizer` must outlive
// it.
std::shared_ptr<grpc::AuthMetadataProcessor> NewCallCheck(const Authorizer* authorizer);

}  // namespace muster::service

#endif  // SERVICE_LISTEN_NETWORK_DOOR_H_
