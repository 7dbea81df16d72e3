#include "service/target_service.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

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
                                                        const v1::ResolveTargetsRequest* request,
                                                        v1::ResolveTargetsResponse* response) {
  return gate_->AnswerLater(CallGate::Lane::kRead, context, *request, [=](const Caller& caller) {
    return Resolve(*preparer_, caller, *request, response);
  });
}

}  // namespace muster::service
