// What a newer client asks for and this daemon does not know.
#ifndef SERVICE_API_UNKNOWN_FIELDS_H_
#define SERVICE_API_UNKNOWN_FIELDS_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace muster::service {

// INVALID_ARGUMENT names the path of each field that is not in the contract, such as
// "spec.login.field 17", up to ten of them: what is not understood must not be left out in silence.
// (Within a map's entries they are dropped as they are read.)
absl::Status CheckKnown(const google::protobuf::Message& request);

}  // namespace muster::service

#endif  // SERVICE_API_UNKNOWN_FIELDS_H_
