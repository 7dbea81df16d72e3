// Where the next page of a list begins.
#ifndef SERVICE_API_PAGE_TOKEN_H_
#define SERVICE_API_PAGE_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace muster::service {

// For the request that asks for the page after `place`, which only the list itself understands.
std::string MakePageToken(const google::protobuf::Message& request, const std::string& place);
// The place of request.page_token; empty where there is none. INVALID_ARGUMENT
// (PAGE_TOKEN_INVALID): it was not given for this request, whose fields are the same but for
// page_size.
absl::StatusOr<std::string> ReadPageToken(const google::protobuf::Message& request);
absl::Status BadPageToken();

}  // namespace muster::service

#endif  // SERVICE_API_PAGE_TOKEN_H_
