// What cannot be sent as text.
#ifndef CLIENT_OPTIONS_UTF8_CHECK_H_
#define CLIENT_OPTIONS_UTF8_CHECK_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"

namespace muster::client {

// Protobuf's strings are UTF-8; of another one the library complains on standard error, and the
// daemon would refuse the whole message. INVALID_ARGUMENT names the option that it came from, or
// the field.
absl::Status CheckUtf8(const google::protobuf::Message& message);

}  // namespace muster::client

#endif  // CLIENT_OPTIONS_UTF8_CHECK_H_
