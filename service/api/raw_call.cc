#include "service/api/raw_call.h"

#include <grpcpp/impl/codegen/proto_utils.h>

namespace muster::service {

absl::Status EncodeAnswer(const google::protobuf::Message& answer, grpc::ByteBuffer* bytes) {
  bool own = false;
  const grpc::Status status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(answer, bytes,
                                                                                 &own);
  return status.ok() ? absl::OkStatus() : absl::InternalError(status.error_message());
}

}  // namespace muster::service
