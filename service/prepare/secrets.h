// Secrets within requests.
#ifndef SERVICE_PREPARE_SECRETS_H_
#define SERVICE_PREPARE_SECRETS_H_

#include <google/protobuf/message.h>

namespace muster::service {

// Overwrites the fields that the contract marks as secret (muster/v1/options.proto), however deep
// they are, and takes them out: what a message gives back to the memory still holds what was in it.
void WipeSecrets(google::protobuf::Message* message);
// Whether one of them is set.
bool HasSecrets(const google::protobuf::Message& message);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SECRETS_H_
