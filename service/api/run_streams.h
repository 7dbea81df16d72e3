// The calls that stream: WatchRun, CreateAndWatchRun, WatchRuns.
#ifndef SERVICE_API_RUN_STREAMS_H_
#define SERVICE_API_RUN_STREAMS_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include "absl/status/status.h"
#include "muster/v1/run_service.pb.h"
#include "service/access/caller.h"
#include "service/api/call_gate.h"
#include "service/log/log_follower.h"
#include "service/runs/activity.h"
#include "service/runs/run_starter.h"
#include "service/runs/runs.h"
#include "service/watch/folded_view.h"
#include "service/watch/runs_reactor.h"
#include "service/watch/watch_reactor.h"

namespace muster::service {

// Each stream counts as activity until its call is over. Thread-safe.
class RunStreams {
 public:
  using Stream = grpc::ServerWriteReactor<grpc::ByteBuffer>;

  // What it works with; must outlive it and its streams.
  struct Parts {
    CallGate* gate;
    const Runs* runs;
    RunStarter* starter;
    LogSource logs;
    Activity* activity;
  };
  explicit RunStreams(const Parts& parts) : parts_(parts) {}

  // On gRPC's threads: they do not block, but for what they hand to the gate's.
  Stream* WatchRun(const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request);
  Stream* CreateAndWatchRun(const grpc::CallbackServerContext& context,
                            const grpc::ByteBuffer& request);
  Stream* WatchRuns(const grpc::CallbackServerContext& context, const grpc::ByteBuffer& request);

 private:
  WatchReactor* NewWatcher();
  // On a thread of the gate.
  void Watch(const Caller& caller, const v1::WatchRunRequest& request, WatchReactor* reactor);
  void Start(const Caller& caller, v1::CreateAndWatchRunRequest* request, RunStarter::Waits waits,
             WatchReactor* reactor);
  void WatchAll(const Caller& caller, const v1::WatchRunsRequest& request, RunsReactor* reactor);

  const Parts parts_;
  TextBudget texts_{FoldedView::kTextBudgetBytes};  // of all folded views
};

}  // namespace muster::service

#endif  // SERVICE_API_RUN_STREAMS_H_
