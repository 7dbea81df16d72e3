#include "service/api/raw_request.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"

namespace muster::service {

// By the buffer itself, which was read for this request alone: a copy has the small pieces of its
// own.
void WipeBytes(const grpc::ByteBuffer& bytes) {
  if (!bytes.Valid()) return;
  grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&bytes));
  const void* data;
  int size;
  while (reader.Next(&data, &size)) {
    OPENSSL_cleanse(const_cast<void*>(data), static_cast<size_t>(size));
  }
}

namespace {

absl::Status Unreadable(absl::string_view why) {
  return WithReason(absl::InvalidArgumentError(why), v1::ERROR_REASON_REQUEST_UNREADABLE);
}

}  // namespace

absl::Status TakeRequest(const grpc::ByteBuffer& bytes, google::protobuf::Message* request) {
  // The call was ended before its message: not the same as an empty one.
  if (!bytes.Valid()) return Unreadable("the call came without its request");
  bool parsed = false;
  {
    grpc::ProtoBufferReader reader(const_cast<grpc::ByteBuffer*>(&bytes));
    parsed = request->ParseFromZeroCopyStream(&reader);
  }
  WipeBytes(bytes);
  if (parsed) return absl::OkStatus();
  return Unreadable(absl::StrCat("the request is not a ", request->GetDescriptor()->full_name()));
}

}  // namespace muster::service
