#include "service/raw_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include "absl/strings/str_cat.h"

namespace muster::service {

absl::Status ParseRequest(const grpc::ByteBuffer& bytes, google::protobuf::Message* request) {
  grpc::ByteBuffer copy(bytes);  // of the references
  grpc::ProtoBufferReader reader(&copy);
  const bool parsed = request->ParseFromZeroCopyStream(&reader);
  WipeBytes(bytes);
  if (parsed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("the request is not a ", request->GetDescriptor()->full_name()));
}

absl::Status EncodeAnswer(const google::protobuf::Message& answer, grpc::ByteBuffer* bytes) {
  bool own = false;
  const grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(answer, bytes,
                                                                                 &own);
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

}  // namespace muster::service
