// Messages as JSON.
#ifndef CLIENT_TEXT_JSON_H_
#define CLIENT_TEXT_JSON_H_

#include <google/protobuf/message.h>

#include <string>

namespace muster::client {

// In one line, by protobuf's mapping (camelCase names, bytes as base64, 64-bit integers as
// strings). Plain fields are there even where they have their default value.
// Characters that a terminal would obey or nobody could see are escapes (VisibleJson).
std::string ToJson(const google::protobuf::Message& message);

}  // namespace muster::client

#endif  // CLIENT_TEXT_JSON_H_
