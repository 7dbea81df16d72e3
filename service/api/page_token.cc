#include "service/api/page_token.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kDigestBytes =
    8;  // against mistakes: who makes a token up has a right to the list

const FieldDescriptor* Field(const Message& request, const char* name) {
  return request.GetDescriptor()->FindFieldByName(name);
}

// Of all that says which list it is.
std::string DigestOf(const Message& request) {
  const std::unique_ptr<Message> list(request.New());
  list->CopyFrom(request);
  for (const char* name : {"page_token", "page_size"}) {
    list->GetReflection()->ClearField(list.get(), Field(request, name));
  }
  std::string bytes = request.GetTypeName();
  {
    google::protobuf::io::StringOutputStream out(&bytes);
    google::protobuf::io::CodedOutputStream coded(&out);
    coded.SetSerializationDeterministic(true);
    list->SerializeToCodedStream(&coded);
  }
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest);
  return std::string(reinterpret_cast<const char*>(digest), kDigestBytes);
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
