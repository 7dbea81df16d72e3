// Whether two messages say the same.
#ifndef SERVICE_PREPARE_MESSAGE_DIGEST_H_
#define SERVICE_PREPARE_MESSAGE_DIGEST_H_

#include <google/protobuf/message.h>

#include <initializer_list>
#include <string>

namespace muster::service {

// SHA-256 of the kind of the message and of what it says, but for the fields `left_out` of its own,
// where it has them. It is kept on the disk, so it stays as it is.
std::string MessageDigest(const google::protobuf::Message& message,
                          std::initializer_list<const char*> left_out);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_MESSAGE_DIGEST_H_
