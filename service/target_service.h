// muster.v1.TargetService.
#ifndef SERVICE_TARGET_SERVICE_H_
#define SERVICE_TARGET_SERVICE_H_

#include "muster/v1/target_service.grpc.pb.h"
#include "service/activity.h"
#include "service/run_preparer.h"
#include "ssh_engine/helper_pool.h"

namespace muster::service {

// Thread-safe. What it is given must outlive it.
class TargetService final : public v1::TargetService::CallbackService {
 public:
  TargetService(HelperPool* helpers, const RunPreparer* preparer, Activity* activity)
      : helpers_(helpers), preparer_(preparer), activity_(activity) {}

  grpc::ServerUnaryReactor* ResolveTargets(grpc::CallbackServerContext* context,
                                           const v1::ResolveTargetsRequest* request,
                                           v1::ResolveTargetsResponse* response) override;

 private:
  HelperPool* const helpers_;
  const RunPreparer* const preparer_;
  Activity* const activity_;
};

}  // namespace muster::service

#endif  // SERVICE_TARGET_SERVICE_H_
