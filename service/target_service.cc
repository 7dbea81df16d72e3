#include "service/target_service.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/raw_call.h"

namespace muster::service {
namespace {

absl::Status Resolve(const RunPreparer& preparer, const Caller& caller,
                     const v1::ResolveTargetsRequest& request,
                     v1::ResolveTargetsResponse* response) {
  absl::StatusOr<std::vector<v1::RunHost>> hosts = preparer.Look(caller, request);
  if (!hosts.ok()) return hosts.status();
  for (v1::RunHost& host : *hosts) *response->add_hosts() = std::move(host);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* TargetService::ResolveTargets(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request,
                                                        grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResolveTargetsRequest, v1::ResolveTargetsResponse>(
      gate_, CallGate::Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ResolveTargetsRequest& request,
             v1::ResolveTargetsResponse* response) {
        return Resolve(*preparer_, caller, request, response);
      });
}

}  // namespace muster::service
