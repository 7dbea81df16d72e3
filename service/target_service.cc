#include "service/target_service.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/caller.h"
#include "service/grpc_status.h"

namespace muster::service {
namespace {

absl::Status Resolve(const RunPreparer& preparer, const absl::StatusOr<Caller>& caller,
                     const v1::ResolveTargetsRequest& request,
                     v1::ResolveTargetsResponse* response) {
  if (!caller.ok()) return caller.status();
  if (request.port() > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("port: ", request.port(), "; it must be from 1 to 65535"));
  }
  absl::StatusOr<std::vector<v1::RunHost>> hosts =
      preparer.Resolve(*caller, request.targets(), {request.user(), request.port()});
  if (!hosts.ok()) return hosts.status();
  for (v1::RunHost& host : *hosts) *response->add_hosts() = std::move(host);
  return absl::OkStatus();
}

}  // namespace

grpc::ServerUnaryReactor* TargetService::ResolveTargets(grpc::CallbackServerContext* context,
                                                        const v1::ResolveTargetsRequest* request,
                                                        v1::ResolveTargetsResponse* response) {
  activity_->Touch(Activity::Clock::now());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  helpers_->Run([=, caller = CallerOf(*context)] {
    reactor->Finish(GrpcStatus(Resolve(*preparer_, caller, *request, response)));
  });
  return reactor;
}

}  // namespace muster::service
