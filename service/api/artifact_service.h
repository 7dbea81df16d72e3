// muster.v1.ArtifactService.
#ifndef SERVICE_API_ARTIFACT_SERVICE_H_
#define SERVICE_API_ARTIFACT_SERVICE_H_

#include "muster/v1/artifact_service.grpc.pb.h"
#include "service/api/call_gate.h"
#include "service/artifacts/artifact_store.h"

namespace muster::service {

// Whoever the gate lets in has artifacts of his own. Thread-safe. What it is given must outlive it.
class ArtifactService final : public v1::ArtifactService::WithRawCallbackMethod_PutArtifact<
                                  v1::ArtifactService::WithRawCallbackMethod_ListArtifacts<
                                      v1::ArtifactService::WithRawCallbackMethod_DeleteArtifact<
                                          v1::ArtifactService::Service>>> {
 public:
  ArtifactService(CallGate* gate, ArtifactStore* store) : gate_(gate), store_(store) {}

  grpc::ServerUnaryReactor* PutArtifact(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ListArtifacts(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* DeleteArtifact(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* answer) override;

 private:
  CallGate* const gate_;
  ArtifactStore* const store_;
};

}  // namespace muster::service

#endif  // SERVICE_API_ARTIFACT_SERVICE_H_
