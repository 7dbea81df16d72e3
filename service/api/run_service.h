// muster.v1.RunService.
#ifndef SERVICE_API_RUN_SERVICE_H_
#define SERVICE_API_RUN_SERVICE_H_

#include "muster/v1/run_service.grpc.pb.h"
#include "service/api/call_gate.h"
#include "service/api/run_streams.h"
#include "service/runs/activity.h"
#include "service/runs/run_starter.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/helper_pool.h"

namespace muster::service {

// What can block is done on the gate's threads, never on gRPC's. Calls are raw (raw_call.h), and so
// are the streams: one encoded batch serves all watchers. Thread-safe.
class RunService final
    : public v1::RunService::WithRawCallbackMethod_ResizeTerminal<
          v1::RunService::WithRawCallbackMethod_CreateRun<
              v1::RunService::WithRawCallbackMethod_WatchRun<
                  v1::RunService::WithRawCallbackMethod_CreateAndWatchRun<
                      v1::RunService::WithRawCallbackMethod_GetRun<
                          v1::RunService::WithRawCallbackMethod_ListRuns<
                              v1::RunService::WithRawCallbackMethod_ListHostResults<
                                  v1::RunService::WithRawCallbackMethod_CancelRun<
                                      v1::RunService::WithRawCallbackMethod_PauseRun<
                                          v1::RunService::WithRawCallbackMethod_ResumeRun<
                                              v1::RunService::WithRawCallbackMethod_RerunHosts<
                                                  v1::RunService::WithRawCallbackMethod_DeleteRun<
                                                      v1::RunService::WithRawCallbackMethod_SendInput<
                                                          v1::RunService::
                                                              WithRawCallbackMethod_ListEvents<
                                                                  v1::RunService::
                                                                      WithRawCallbackMethod_WatchRuns<
                                                                          v1::RunService::
                                                                              Service>>>>>>>>>>>>>>> {
 public:
  // What it works with; must outlive it.
  struct Parts {
    CallGate* gate;
    HelperPool* helpers;  // on whose threads streams read the store
    const RunStore* store;
    Runs* runs;
    RunStarter* starter;
    Activity* activity;
  };
  explicit RunService(const Parts& parts);

  grpc::ServerUnaryReactor* CreateRun(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchRun(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* CreateAndWatchRun(
      grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) override;
  grpc::ServerUnaryReactor* GetRun(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ListRuns(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ListHostResults(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* request,
                                            grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* CancelRun(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* PauseRun(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ResumeRun(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* RerunHosts(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* DeleteRun(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* SendInput(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ResizeTerminal(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* request,
                                           grpc::ByteBuffer* answer) override;
  grpc::ServerUnaryReactor* ListEvents(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* answer) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchRuns(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;

 private:
  const Parts parts_;
  RunStreams streams_;
};

}  // namespace muster::service

#endif  // SERVICE_API_RUN_SERVICE_H_
