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

// A call that was let in. The request's secrets are overwritten when the last copy of this goes.
template <typename Request>
struct RawCall {
  Caller caller;
  std::shared_ptr<Request> request;
};

// What CallGate::Admit says, then TakeRequest. The bytes are overwritten in any case.
template <typename Request>
absl::StatusOr<RawCall<Request>> TakeCall(CallGate* gate,
                                          const grpc::CallbackServerContext& context,
                                          const grpc::ByteBuffer& bytes) {
  absl::StatusOr<Caller> caller = gate->Admit(context);
  if (!caller.ok()) {
    WipeBytes(bytes);
    return caller.status();
  }
  absl::StatusOr<std::shared_ptr<Request>> request = TakeRequest<Request>(bytes);
  if (!request.ok()) return request.status();
  return RawCall<Request>{*std::move(caller), *std::move(request)};
}

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
  absl::StatusOr<RawCall<Request>> call = TakeCall<Request>(gate, *context, *bytes);
  if (!call.ok()) {
    reactor->Finish(GrpcStatus(call.status()));
    return reactor;
  }
  const Request& request = *call->request;
  gate->Queue(lane, *context, call->caller, request,
              [=, fill = std::move(fill), call = *call](absl::Status status) mutable {
                Response response;
                if (status.ok()) status = fill(call.caller, *call.request, &response);
                call.request.reset();
                if (status.ok()) status = EncodeAnswer(response, answer);
                reactor->Finish(GrpcStatus(status));
              });
  return reactor;
}

}  // namespace muster::service

#endif  // SERVICE_API_RAW_CALL_H_
