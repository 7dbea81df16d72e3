// muster.v1.TargetService.
#ifndef SERVICE_API_TARGET_SERVICE_H_
#define SERVICE_API_TARGET_SERVICE_H_

#include "muster/v1/target_service.grpc.pb.h"
#include "service/api/call_gate.h"
#include "service/prepare/run_preparer.h"

namespace muster::service {

// Thread-safe. What it is given must outlive it.
class TargetService final
    : public v1::TargetService::WithRawCallbackMethod_ResolveTargets<v1::TargetService::Service> {
 public:
  TargetService(CallGate* gate, const RunPreparer* preparer) : gate_(gate), preparer_(preparer) {}

  grpc::ServerUnaryReactor* ResolveTargets(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* answer) override;

 private:
  CallGate* const gate_;
  const RunPreparer* const preparer_;
};

}  // namespace muster::service

#endif  // SERVICE_API_TARGET_SERVICE_H_
