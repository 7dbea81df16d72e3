// Secrets within requests.
#ifndef SERVICE_SECRETS_H_
#define SERVICE_SECRETS_H_

#include <grpcpp/support/byte_buffer.h>

#include "muster/v1/run.pb.h"

namespace muster::service {

// Overwrites the passphrases, and takes them out: what a message gives back to the memory still
// holds what was in it.
void WipeSecrets(v1::Login* login);

// The same in a request that is answered: gRPC hands it out as const, but nobody reads it any more.
void WipeSecrets(const v1::Login& login);

// Overwrites a request's bytes as they came, once it is parsed.
void WipeBytes(const grpc::ByteBuffer& request);

}  // namespace muster::service

#endif  // SERVICE_SECRETS_H_
