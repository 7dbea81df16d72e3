// muster.v1.RunService.
#ifndef SERVICE_API_RUN_SERVICE_H_
#define SERVICE_API_RUN_SERVICE_H_

#include <chrono>
#include <condition_variable>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "muster/v1/run_service.grpc.pb.h"
#include "service/access/caller.h"
#include "service/api/activity.h"
#include "service/api/call_gate.h"
#include "service/prepare/run_preparer.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"
#include "service/watch/folded_view.h"
#include "service/watch/watch_reactor.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// What can block is done on the gate's threads, never on gRPC's. Calls are raw (raw_call.h), and so
// are the streams: one encoded batch serves all watchers. Thread-safe.
class RunService final
    : public v1::RunService::WithRawCallbackMethod_CreateRun<
          v1::RunService::WithRawCallbackMethod_WatchRun<
              v1::RunService::WithRawCallbackMethod_RunCommand<
                  v1::RunService::WithRawCallbackMethod_GetRun<
                      v1::RunService::WithRawCallbackMethod_ListRuns<
                          v1::RunService::WithRawCallbackMethod_ListHostResults<
                              v1::RunService::WithRawCallbackMethod_CancelRun<
                                  v1::RunService::WithRawCallbackMethod_PauseRun<
                                      v1::RunService::WithRawCallbackMethod_ResumeRun<
                                          v1::RunService::WithRawCallbackMethod_RerunHosts<
                                              v1::RunService::WithRawCallbackMethod_DeleteRun<
                                                  v1::RunService::WithCallbackMethod_SendInput<
                                                      v1::RunService::Service>>>>>>>>>>>> {
 public:
  // What it works with; must outlive it, but for the engine, which only has to outlive Stop.
  struct Parts {
    CallGate* gate;
    HelperPool* helpers;
    const RunStore* store;
    const RunPreparer* preparer;
    Activity* activity;
  };
  explicit RunService(const Parts& parts) : parts_(parts) {}

  // Must be told before anything is called. The runs are the owner's, who calls OnRunOver.
  void SetRuns(Runs* runs) { runs_ = runs; }
  void OnRunBegun(const Run& run);
  void OnRunOver(const Run& run);

  // Once the gate has stopped: no run is started any more, and the runs under way are canceled, or
  // left to the next daemon where they ask for that. Returns when they are over, at the latest
  // after `patience`. Watchers go on to the end of their runs.
  void Stop(std::chrono::milliseconds patience);

  grpc::ServerUnaryReactor* CreateRun(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* answer) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchRun(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* RunCommand(grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request) override;
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
  grpc::ServerReadReactor<v1::SendInputRequest>* SendInput(
      grpc::CallbackServerContext* context, v1::SendInputResponse* response) override;

 private:
  // NOT_FOUND also for runs of others. Blocks.
  absl::StatusOr<RunRef> FindRun(const Caller& caller, const std::string& id) const;
  // Of a run that is not over: FAILED_PRECONDITION.
  absl::StatusOr<std::shared_ptr<Run>> FindLive(const Caller& caller, const std::string& id) const;
  // On a thread of the gate, as all that follows.
  absl::StatusOr<RunRef> StartRun(const Caller& caller, const v1::RunSpec& spec,
                                  const std::string& request_id);
  absl::StatusOr<RunRef> StartPrepared(PreparedRun prepared, const std::string& request_id);
  void BeginRun(Run* run, PreparedRun* prepared);
  absl::StatusOr<RunRef> Rerun(const Caller& caller, const v1::RerunHostsRequest& request);
  absl::StatusOr<std::vector<v1::RunHost>> HostsToRerun(const RunRef& run,
                                                        const std::vector<int>& states) const;
  // What RerunHostsRequest.login says of a run's spec and hosts.
  void TakeLogin(const v1::Login& login, v1::RunSpec* spec, std::vector<v1::RunHost>* hosts) const;
  absl::Status FillCreateRun(const Caller& caller, const v1::CreateRunRequest& request,
                             v1::CreateRunResponse* response);
  absl::Status FillResults(const Caller& caller, const v1::ListHostResultsRequest& request,
                           v1::ListHostResultsResponse* response);
  absl::Status FillRuns(const Caller& caller, const v1::ListRunsRequest& request,
                        v1::ListRunsResponse* response);
  absl::Status Delete(const Caller& caller, const std::string& id);
  WatchReactor* NewWatcher();
  LogSource Source() const { return {parts_.store, parts_.helpers}; }

  const Parts parts_;
  Runs* runs_ = nullptr;
  TextBudget texts_{FoldedView::kTextBudgetBytes};  // of all folded views
  mutable Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;  // runs that were started and are not over
  std::condition_variable all_over_;
};

}  // namespace muster::service

#endif  // SERVICE_API_RUN_SERVICE_H_
