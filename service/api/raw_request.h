// Requests that gRPC hands out as the bytes that came.
#ifndef SERVICE_API_RAW_REQUEST_H_
#define SERVICE_API_RAW_REQUEST_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/prepare/secrets.h"

namespace muster::service {

// Overwrites them where they are: gRPC frees what it has read from the connection as it is. Nobody
// reads them any more.
void WipeBytes(const grpc::ByteBuffer& bytes);

// Parses and overwrites them. INVALID_ARGUMENT: they are no such message.
absl::Status TakeRequest(const grpc::ByteBuffer& bytes, google::protobuf::Message* request);

// The same, into a message whose secrets are overwritten when the last reference to it goes.
template <typename Request>
absl::StatusOr<std::shared_ptr<Request>> TakeRequest(const grpc::ByteBuffer& bytes) {
  const std::shared_ptr<Request> request(new Request, [](Request* last) {
    WipeSecrets(last);
    delete last;
  });
  const absl::Status taken = TakeRequest(bytes, request.get());
  if (!taken.ok()) return taken;
  return request;
}

}  // namespace muster::service

#endif  // SERVICE_API_RAW_REQUEST_H_
