// muster.v1.ServerService.
#ifndef SERVICE_API_SERVER_SERVICE_H_
#define SERVICE_API_SERVER_SERVICE_H_

#include "muster/v1/server_service.grpc.pb.h"
#include "service/api/call_gate.h"

namespace muster::service {

// Thread-safe. The gate must outlive it.
class ServerService final
    : public v1::ServerService::WithRawCallbackMethod_GetServerInfo<v1::ServerService::Service> {
 public:
  ServerService(CallGate* gate, const v1::ServerLimits& limits) : gate_(gate), limits_(limits) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* answer) override;

 private:
  CallGate* const gate_;
  const v1::ServerLimits limits_;
};

}  // namespace muster::service

#endif  // SERVICE_API_SERVER_SERVICE_H_
