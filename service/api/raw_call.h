// Calls with one answer whose messages gRPC hands over as bytes.
#ifndef SERVICE_API_RAW_CALL_H_
#define SERVICE_API_RAW_CALL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "proto/contract/grpc_status.h"
#include "service/api/call_gate.h"
#include "service/api/raw_request.h"

namespace muster::service {

// INTERNAL where the message is too large to be encoded.
absl::Status EncodeAnswer(const google::protobuf::Message& answer, grpc::ByteBuffer* bytes);

// Has the gate admit and queue a call, and answers it by `fill`, a
// absl::Status(const Caller&, const Request&, Response*), on a thread of the lane. Raw, so that a
// request that cannot be read is told, and that none of its secrets outlives it in memory.
template <typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* AnswerRaw(CallGate* gate, CallGate::Lane lane,
                                    grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* bytes, grpc::ByteBuffer* answer,
                                    Fill fill) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const absl::StatusOr<Caller> caller = gate->Admit(*context);
  if (!caller.ok()) {
    WipeBytes(*bytes);
    reactor->Finish(GrpcStatus(caller.status()));
    return reactor;
  }
  const absl::StatusOr<std::shared_ptr<Request>> request = TakeRequest<Request>(*bytes);
  if (!request.ok()) {
    reactor->Finish(GrpcStatus(request.status()));
    return reactor;
  }
  gate->Queue(lane, *context, *caller, **request,
              [=, fill = std::move(fill), caller = *caller,
               request = *request](absl::Status status) mutable {
                Response response;
                if (status.ok()) status = fill(caller, *request, &response);
                request.reset();
                if (status.ok()) status = EncodeAnswer(response, answer);
                reactor->Finish(GrpcStatus(status));
              });
  return reactor;
}

}  // namespace muster::service

#endif  // SERVICE_API_RAW_CALL_H_
