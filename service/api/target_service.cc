#include "service/api/target_service.h"

#include <utility>

#include "absl/status/statusor.h"
#include "service/api/raw_call.h"

namespace muster::service {
grpc::ServerUnaryReactor* TargetService::ResolveTargets(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResolveTargetsRequest, v1::ResolveTargetsResponse>(
      gate_, CallGate::Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ResolveTargetsRequest& request,
             v1::ResolveTargetsResponse* response) {
        absl::StatusOr<v1::ResolveTargetsResponse> found = preparer_->Look(caller, request);
        if (found.ok()) *response = *std::move(found);
        return found.status();
      });
}

}  // namespace muster::service
