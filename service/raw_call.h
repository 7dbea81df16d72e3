// Calls with one answer whose messages gRPC hands over as bytes.
#ifndef SERVICE_RAW_CALL_H_
#define SERVICE_RAW_CALL_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "service/call_gate.h"
#include "service/grpc_status.h"
#include "service/secrets.h"

namespace muster::service {

// INVALID_ARGUMENT where the bytes are no such message. They are overwritten.
absl::Status ParseRequest(const grpc::ByteBuffer& bytes, google::protobuf::Message* request);

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
  const auto request = std::make_shared<Request>();
  const absl::Status status = caller.ok() ? ParseRequest(*bytes, request.get()) : caller.status();
  if (!status.ok()) {
    reactor->Finish(GrpcStatus(status));
    return reactor;
  }
  gate->Queue(lane, *context, *caller, *request,
              [=, fill = std::move(fill), caller = *caller](absl::Status status) {
                Response response;
                if (status.ok()) status = fill(caller, *request, &response);
                WipeSecrets(request.get());
                if (status.ok()) status = EncodeAnswer(response, answer);
                reactor->Finish(GrpcStatus(status));
              });
  return reactor;
}

}  // namespace muster::service

#endif  // SERVICE_RAW_CALL_H_
