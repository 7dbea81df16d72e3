#include "service/api/artifact_service.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/api/artifact_pages.h"
#include "service/api/raw_call.h"

namespace muster::service {

using Lane = CallGate::Lane;

grpc::ServerUnaryReactor* ArtifactService::PutArtifact(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::PutArtifactRequest, v1::PutArtifactResponse>(
      gate_, Lane::kUpload, context, request, answer,
      [this](const Caller& caller, const v1::PutArtifactRequest& request,
             v1::PutArtifactResponse* response) {
        absl::StatusOr<v1::Artifact> artifact = store_->Put(caller.Text(), request);
        if (artifact.ok()) *response->mutable_artifact() = *std::move(artifact);
        return artifact.status();
      });
}

grpc::ServerUnaryReactor* ArtifactService::ListArtifacts(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request,
                                                         grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListArtifactsRequest, v1::ListArtifactsResponse>(
      gate_, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ListArtifactsRequest& request,
             v1::ListArtifactsResponse* response) {
        return FillArtifacts(*store_, caller, request, response);
      });
}

grpc::ServerUnaryReactor* ArtifactService::DeleteArtifact(grpc::CallbackServerContext* context,
                                                          const grpc::ByteBuffer* request,
                                                          grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::DeleteArtifactRequest, v1::DeleteArtifactResponse>(
      gate_, Lane::kUpload, context, request, answer,
      [this](const Caller& caller, const v1::DeleteArtifactRequest& request,
             v1::DeleteArtifactResponse*) {
        return store_->Delete(caller.Text(), request.name());
      });
}

}  // namespace muster::service
