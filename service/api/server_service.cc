#include "service/api/server_service.h"

#include "absl/status/status.h"
#include "proto/contract/version.h"
#include "service/api/raw_call.h"

namespace muster::service {

grpc::ServerUnaryReactor* ServerService::GetServerInfo(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::GetServerInfoRequest, v1::GetServerInfoResponse>(
      gate_, CallGate::Lane::kRead, context, request, answer,
      [this](const Caller&, const v1::GetServerInfoRequest&, v1::GetServerInfoResponse* response) {
        response->set_version(kVersion);
        // A daemon has all features that its contract knows.
        const auto& features = *v1::Feature_descriptor();
        for (int i = 1; i < features.value_count(); ++i) {
          response->add_features(static_cast<v1::Feature>(features.value(i)->number()));
        }
        *response->mutable_limits() = limits_;
        return absl::OkStatus();
      });
}

}  // namespace muster::service
