#include "service/api/run_streams.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/api/raw_call.h"
#include "service/prepare/secrets.h"
#include "service/runs/run_changes.h"
#include "service/watch/watch_views.h"

namespace muster::service {
namespace {

// A call that is refused at once.
RunStreams::Stream* Refuse(const absl::Status& status) {
  auto* reactor = new WatchReactor([] {});
  reactor->Fail(status);
  return reactor;
}

absl::Status CheckWatch(const v1::WatchRunRequest& request, const v1::Run& run) {
  const bool lines = request.view() <= v1::WATCH_VIEW_LINES;
  if (!v1::WatchView_IsValid(request.view())) {
    return absl::InvalidArgumentError(absl::StrCat("view: ", request.view(), " is none"));
  }
  if (!lines && request.after_sequence() > 0) {
    return absl::InvalidArgumentError("after_sequence: only in view LINES");
  }
  for (const uint32_t host : request.host_indexes()) {
    if (host >= run.host_count()) {
      return absl::InvalidArgumentError(
          absl::StrCat("host_indexes: ", host, "; the run has ", run.host_count(), " hosts"));
    }
  }
  if (request.after_sequence() <= run.last_sequence()) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat("after_sequence: ", request.after_sequence(),
                                            "; the run's newest event is ", run.last_sequence()));
}

// As in ListRuns: who comes from the network sees his own runs alone.
absl::optional<WatchedRuns> SeenBy(const Caller& caller, const v1::WatchRunsRequest& request) {
  WatchedRuns which;
  which.labels.insert(request.labels().begin(), request.labels().end());
  if (!request.creator().empty()) which.creator = request.creator();
  if (caller.local()) return which;
  if (which.creator.has_value() && *which.creator != caller.Text()) return absl::nullopt;
  which.creator = caller.Text();
  return which;
}

}  // namespace

WatchReactor* RunStreams::NewWatcher() {
  Activity* const activity = parts_.activity;
  activity->Begin(Activity::Clock::now());
  return new WatchReactor([activity] { activity->End(Activity::Clock::now()); });
}

RunStreams::Stream* RunStreams::CreateAndWatchRun(const grpc::CallbackServerContext& context,
                                                  const grpc::ByteBuffer& request) {
  const absl::StatusOr<RawCall<v1::CreateAndWatchRunRequest>> call =
      TakeCall<v1::CreateAndWatchRunRequest>(parts_.gate, context, request);
  if (!call.ok()) return Refuse(call.status());
  WatchReactor* const reactor = NewWatcher();
  parts_.gate->Queue(CallGate::Lane::kStart, context, call->caller, *call->request,
                     [this, reactor, call = *call, &context](absl::Status status) {
                       const auto waits = [&context] { return !context.IsCancelled(); };
                       if (status.ok())
                         return Start(call.caller, call.request.get(), waits, reactor);
                       reactor->Fail(status);
                     });
  return reactor;
}

void RunStreams::Start(const Caller& caller, v1::CreateAndWatchRunRequest* request,
                       RunStarter::Waits waits, WatchReactor* reactor) {
  const absl::StatusOr<RunRef> run =
      parts_.starter->Start(caller, request->spec(), request->request_id(), waits);
  WipeSecrets(request);  // the watch goes on for long
  if (!run.ok()) return reactor->Fail(run.status());
  WatchOptions options;
  options.by_creator = true;
  reactor->Watch(run->watched(), parts_.logs, std::move(options));
}

RunStreams::Stream* RunStreams::WatchRun(const grpc::CallbackServerContext& context,
                                         const grpc::ByteBuffer& request) {
  const absl::StatusOr<RawCall<v1::WatchRunRequest>> call =
      TakeCall<v1::WatchRunRequest>(parts_.gate, context, request);
  if (!call.ok()) return Refuse(call.status());
  WatchReactor* const reactor = NewWatcher();
  parts_.gate->Queue(CallGate::Lane::kRead, context, call->caller, *call->request,
                     [this, reactor, call = *call](absl::Status status) {
                       if (status.ok()) return Watch(call.caller, *call.request, reactor);
                       reactor->Fail(status);
                     });
  return reactor;
}

void RunStreams::Watch(const Caller& caller, const v1::WatchRunRequest& request,
                       WatchReactor* reactor) {
  const absl::StatusOr<RunRef> run = parts_.runs->FindFor(caller, request.run_id());
  if (!run.ok()) return reactor->Fail(run.status());
  const absl::Status checked = CheckWatch(request, run->Snapshot());
  if (!checked.ok()) return reactor->Fail(checked);
  WatchOptions options;
  options.after = request.after_sequence();
  options.by_creator = run->creator() == caller.Text();
  options.view = NewEventView(request, &texts_);
  reactor->Watch(run->watched(), parts_.logs, std::move(options));
}

RunStreams::Stream* RunStreams::WatchRuns(const grpc::CallbackServerContext& context,
                                          const grpc::ByteBuffer& request) {
  const absl::StatusOr<RawCall<v1::WatchRunsRequest>> call =
      TakeCall<v1::WatchRunsRequest>(parts_.gate, context, request);
  if (!call.ok()) return Refuse(call.status());
  Activity* const activity = parts_.activity;
  activity->Begin(Activity::Clock::now());
  auto* const reactor = new RunsReactor([activity] { activity->End(Activity::Clock::now()); });
  parts_.gate->Queue(CallGate::Lane::kRead, context, call->caller, *call->request,
                     [this, reactor, call = *call](absl::Status status) {
                       if (status.ok()) return WatchAll(call.caller, *call.request, reactor);
                       reactor->Fail(status);
                     });
  return reactor;
}

// Ends with the daemon, once it has told how its runs ended.
void RunStreams::WatchAll(const Caller& caller, const v1::WatchRunsRequest& request,
                          RunsReactor* reactor) {
  std::unique_ptr<RunChanges> changes;
  if (absl::optional<WatchedRuns> which = SeenBy(caller, request)) {
    changes = std::make_unique<RunChanges>(parts_.runs, *std::move(which));
  }
  RunsWatchOptions options;
  options.changes = [this, changes = std::move(changes)]() -> absl::StatusOr<std::vector<v1::Run>> {
    absl::StatusOr<std::vector<v1::Run>> changed = std::vector<v1::Run>();
    if (changes != nullptr) changed = changes->Take();
    const bool over = parts_.gate->stopping() && parts_.runs->Live().empty();
    if (over && changed.ok() && changed->empty()) {
      return absl::UnavailableError("musterd is stopping");
    }
    return changed;
  };
  reactor->Watch(std::move(options));
}

}  // namespace muster::service
