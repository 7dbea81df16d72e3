// Secrets within requests.
#ifndef SERVICE_SECRETS_H_
#define SERVICE_SECRETS_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

namespace muster::service {

// Overwrites the fields that the contract marks as secret (muster/v1/options.proto), however deep
// they are, and takes them out: what a message gives back to the memory still holds what was in it.
void WipeSecrets(google::protobuf::Message* message);

// Overwrites a request's bytes as they came, once it is parsed.
void WipeBytes(const grpc::ByteBuffer& request);

}  // namespace muster::service

#endif  // SERVICE_SECRETS_H_
