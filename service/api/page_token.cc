#include "service/api/page_token.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "service/prepare/message_digest.h"

namespace muster::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Against mistakes: who makes a token up has a right to the list.
constexpr size_t kDigestBytes = 8;

const FieldDescriptor* Field(const Message& request, const char* name) {
  return request.GetDescriptor()->FindFieldByName(name);
}

// Of all that says which list it is.
std::string DigestOf(const Message& request) {
  return MessageDigest(request, {"page_token", "page_size"}).substr(0, kDigestBytes);
}

}  // namespace

std::string MakePageToken(const Message& request, const std::string& place) {
  return absl::WebSafeBase64Escape(DigestOf(request) + place);
}

absl::StatusOr<std::string> ReadPageToken(const Message& request) {
  const std::string token =
      request.GetReflection()->GetString(request, Field(request, "page_token"));
  if (token.empty()) return std::string();
  std::string bytes;
  if (absl::WebSafeBase64Unescape(token, &bytes) && bytes.size() > kDigestBytes &&
      bytes.compare(0, kDigestBytes, DigestOf(request)) == 0) {
    return bytes.substr(kDigestBytes);
  }
  return BadPageToken();
}

absl::Status BadPageToken() {
  return FieldError({{"page_token", "it was not given for this request; begin again without one"}},
                    "", v1::ERROR_REASON_PAGE_TOKEN_INVALID);
}

}  // namespace muster::service
