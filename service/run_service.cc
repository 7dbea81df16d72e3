#include "service/run_service.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/grpc_status.h"
#include "service/line_filter.h"
#include "service/run_limits.h"
#include "service/run_observer.h"
#include "service/watch_reactor.h"

namespace muster::service {
namespace {

constexpr int kMaxQueued = 256;
constexpr uint32_t kDefaultRunsPage = 50;
constexpr uint32_t kMaxRunsPage = 1000;
constexpr uint32_t kDefaultHostsPage = 1000;
constexpr uint32_t kMaxHostsPage = 10'000;

grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(GrpcStatus(status));
  return reactor;
}

absl::Status NotYet(absl::string_view what) {
  return absl::UnimplementedError(absl::StrCat("this version of musterd cannot ", what, " yet"));
}

template <typename Message>
absl::StatusOr<Message> Parse(const grpc::ByteBuffer& bytes) {
  grpc::ByteBuffer copy(bytes);  // of the references
  grpc::ProtoBufferReader reader(&copy);
  Message message;
  if (!message.ParseFromZeroCopyStream(&reader)) {
    return absl::InvalidArgumentError("the request is not a message of muster.v1");
  }
  return message;
}

uint32_t PageSize(uint32_t asked, uint32_t otherwise, uint32_t most) {
  return asked == 0 ? otherwise : std::min(asked, most);
}

// A call that is refused at once.
grpc::ServerWriteReactor<grpc::ByteBuffer>* Refuse(const absl::Status& status) {
  auto* reactor = new WatchReactor([] {});
  reactor->Fail(status);
  return reactor;
}

// Null: the log as it is.
std::unique_ptr<EventView> ViewOf(const v1::WatchRunRequest& request) {
  if (request.view() == v1::RUN_VIEW_SUMMARY) return std::make_unique<SummaryEventView>();
  if (LineFilter::Needed(request)) return std::make_unique<LineFilter>(request);
  return nullptr;
}

class RefuseInput final : public grpc::ServerReadReactor<v1::SendInputRequest> {
 public:
  explicit RefuseInput(const absl::Status& status) { Finish(GrpcStatus(status)); }
  void OnDone() override { delete this; }
};

void LogStart(const Run& run) {
  spdlog::info("run {} of {}: started on {} hosts", run.id(), run.creator(), run.host_count());
}

void LogEnd(const Run& run) {
  const v1::Run end = run.Snapshot();
  std::string counts;
  for (const v1::HostStateCount& count : end.host_state_counts()) {
    absl::StrAppend(&counts, counts.empty() ? "" : ", ", count.hosts(), " ",
                    v1::HostState_Name(count.state()).substr(sizeof("HOST_STATE_") - 1));
  }
  spdlog::info("run {} of {}: {}: {}", run.id(), run.creator(),
               v1::RunState_Name(end.state()).substr(sizeof("RUN_STATE_") - 1), counts);
}

}  // namespace

void RunService::Stop(std::chrono::milliseconds patience) {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
  }
  const auto all = parts_.runs->List("", SIZE_MAX, [](const Run& run) { return !run.over(); });
  for (const std::shared_ptr<Run>& run : all) run->Interrupt();
  const auto end = std::chrono::steady_clock::now() + patience;
  MutexLock lock(&mutex_);
  while (under_way_ > 0 && std::chrono::steady_clock::now() < end) lock.WaitUntil(&all_over_, end);
}

void RunService::OnRunOver(const Run& run) {
  LogEnd(run);
  parts_.activity->End(absl::Now());
  MutexLock lock(&mutex_);
  if (--under_way_ == 0) all_over_.notify_all();
}

absl::StatusOr<Caller> RunService::Admit(const grpc::CallbackServerContext& context) const {
  parts_.activity->Touch(absl::Now());
  {
    MutexLock lock(&mutex_);
    if (stopping_) return absl::UnavailableError("musterd is stopping");
  }
  return CallerOf(context);
}

absl::StatusOr<std::shared_ptr<Run>> RunService::FindRun(const Caller& caller,
                                                         const std::string& id) const {
  std::shared_ptr<Run> run = parts_.runs->Find(id);
  if (run != nullptr && (caller.local || run->creator() == caller.name)) return run;
  return absl::NotFoundError(
      absl::StrCat("there is no run \"", id, "\", or it has been forgotten"));
}

absl::StatusOr<std::shared_ptr<Run>> RunService::FindRun(const grpc::CallbackServerContext& context,
                                                         const std::string& id) const {
  absl::StatusOr<Caller> caller = Admit(context);
  if (!caller.ok()) return caller.status();
  return FindRun(*caller, id);
}

absl::Status RunService::Enqueue(HelperPool::Task task) {
  if (queued_.fetch_add(1) >= kMaxQueued) {
    --queued_;
    return absl::ResourceExhaustedError("too many runs are being prepared; try again soon");
  }
  parts_.helpers->Run([this, task = std::move(task)]() mutable {
    task();
    --queued_;
  });
  return absl::OkStatus();
}

// --- Starting

absl::StatusOr<std::shared_ptr<Run>> RunService::StartRun(const Caller& caller,
                                                          const v1::RunSpec& spec,
                                                          const std::string& request_id) {
  if (request_id.size() > kMaxRequestIdBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("request_id: ", request_id.size(), " bytes; at most ", kMaxRequestIdBytes));
  }
  absl::StatusOr<PreparedRun> prepared = parts_.preparer->Prepare(caller, spec);
  if (!prepared.ok()) return prepared.status();
  prepared->plan.request_id = request_id;
  absl::StatusOr<RunRegistry::Added> added = parts_.runs->Add(std::move(prepared->plan));
  if (!added.ok()) return added.status();
  if (added->existed) return added->run;
  const absl::Status launched = Launch(*std::move(prepared), added->run);
  if (!launched.ok()) return launched;
  return added->run;
}

absl::Status RunService::Launch(PreparedRun prepared, const std::shared_ptr<Run>& run) {
  const auto observer = NewRunObserver(run, [this](const Run& ended) { OnRunOver(ended); });
  MutexLock lock(&mutex_);
  if (stopping_) return absl::UnavailableError("musterd is stopping");
  LogStart(*run);
  parts_.activity->Begin(absl::Now());
  ++under_way_;
  run->SetHandle(
      parts_.engine->Start(std::move(prepared.job), std::move(prepared.hosts), observer));
  return absl::OkStatus();
}

absl::Status RunService::FillCreateRun(const Caller& caller, const v1::CreateRunRequest& request,
                                       v1::CreateRunResponse* response) {
  if (!request.validate_only()) {
    absl::StatusOr<std::shared_ptr<Run>> run =
        StartRun(caller, request.spec(), request.request_id());
    if (run.ok()) *response->mutable_run() = (*run)->Snapshot();
    return run.status();
  }
  absl::StatusOr<PreparedRun> prepared = parts_.preparer->Prepare(caller, request.spec());
  if (!prepared.ok()) return prepared.status();
  v1::Run* run = response->mutable_run();
  *run->mutable_spec() = std::move(prepared->plan.spec);
  run->set_host_count(static_cast<uint32_t>(prepared->hosts.size()));
  run->set_creator(caller.name);
  for (std::string& warning : prepared->plan.warnings) run->add_warnings(std::move(warning));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* RunService::CreateRun(grpc::CallbackServerContext* context,
                                                const v1::CreateRunRequest* request,
                                                v1::CreateRunResponse* response) {
  absl::StatusOr<Caller> caller = Admit(*context);
  if (!caller.ok()) return Answer(context, caller.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const absl::Status queued = Enqueue([=, caller = *std::move(caller)] {
    reactor->Finish(GrpcStatus(FillCreateRun(caller, *request, response)));
  });
  if (!queued.ok()) reactor->Finish(GrpcStatus(queued));
  return reactor;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::RunCommand(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::StatusOr<Caller> caller = Admit(*context);
  if (!caller.ok()) return Refuse(caller.status());
  absl::StatusOr<v1::RunCommandRequest> parsed = Parse<v1::RunCommandRequest>(*request);
  if (!parsed.ok()) return Refuse(parsed.status());
  Activity* const activity = parts_.activity;
  activity->Begin(absl::Now());
  auto* reactor = new WatchReactor([activity] { activity->End(absl::Now()); });
  const absl::Status queued =
      Enqueue([this, reactor, caller = *std::move(caller), parsed = *std::move(parsed)] {
        absl::StatusOr<std::shared_ptr<Run>> run =
            StartRun(caller, parsed.spec(), parsed.request_id());
        if (!run.ok()) return reactor->Fail(run.status());
        WatchOptions options;
        options.cancel_on_disconnect = parsed.cancel_on_disconnect();
        reactor->Watch(*std::move(run), parts_.logs, std::move(options));
      });
  if (!queued.ok()) reactor->Fail(queued);
  return reactor;
}

// --- Watching

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::WatchRun(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  absl::StatusOr<v1::WatchRunRequest> parsed = Parse<v1::WatchRunRequest>(*request);
  if (!parsed.ok()) return Refuse(parsed.status());
  if (parsed->view() == v1::RUN_VIEW_FOLDED) return Refuse(NotYet("fold a run's hosts"));
  absl::StatusOr<std::shared_ptr<Run>> run = FindRun(*context, parsed->run_id());
  if (!run.ok()) return Refuse(run.status());
  const uint64_t last = (*run)->log()->last_sequence();
  if (parsed->after_sequence() > last) {
    return Refuse(absl::OutOfRangeError(absl::StrCat("after_sequence: ", parsed->after_sequence(),
                                                     "; the run's newest event is ", last)));
  }
  Activity* const activity = parts_.activity;
  activity->Begin(absl::Now());
  auto* reactor = new WatchReactor([activity] { activity->End(absl::Now()); });
  WatchOptions options;
  options.after = parsed->after_sequence();
  options.view = ViewOf(*parsed);
  reactor->Watch(*std::move(run), parts_.logs, std::move(options));
  return reactor;
}

grpc::ServerUnaryReactor* RunService::GetRun(grpc::CallbackServerContext* context,
                                             const v1::GetRunRequest* request,
                                             v1::GetRunResponse* response) {
  absl::StatusOr<std::shared_ptr<Run>> run = FindRun(*context, request->run_id());
  if (run.ok()) *response->mutable_run() = (*run)->Snapshot();
  return Answer(context, run.status());
}

grpc::ServerUnaryReactor* RunService::ListRuns(grpc::CallbackServerContext* context,
                                               const v1::ListRunsRequest* request,
                                               v1::ListRunsResponse* response) {
  absl::StatusOr<Caller> caller = Admit(*context);
  if (!caller.ok()) return Answer(context, caller.status());
  const std::string& before = request->page_token();
  const bool token =
      std::all_of(before.begin(), before.end(), [](char c) { return absl::ascii_isalnum(c); });
  if (!token) return Answer(context, absl::InvalidArgumentError("page_token: not one of ours"));
  const auto wanted = [&](const Run& run) {
    if (!caller->local && run.creator() != caller->name) return false;
    const auto& states = request->states();
    return states.empty() || absl::c_linear_search(states, run.Snapshot().state());
  };
  const uint32_t size = PageSize(request->page_size(), kDefaultRunsPage, kMaxRunsPage);
  const auto runs = parts_.runs->List(before, size, wanted);
  for (const std::shared_ptr<Run>& run : runs) *response->add_runs() = run->Snapshot();
  if (runs.size() == size) response->set_next_page_token(runs.back()->id());
  return Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* RunService::ListHostResults(grpc::CallbackServerContext* context,
                                                      const v1::ListHostResultsRequest* request,
                                                      v1::ListHostResultsResponse* response) {
  absl::StatusOr<std::shared_ptr<Run>> run = FindRun(*context, request->run_id());
  if (!run.ok()) return Answer(context, run.status());
  uint32_t first = 0;
  if (!request->page_token().empty() && !absl::SimpleAtoi(request->page_token(), &first)) {
    return Answer(context, absl::InvalidArgumentError("page_token: not one of ours"));
  }
  std::vector<v1::HostResult> results;
  const std::vector<int> states(request->states().begin(), request->states().end());
  const uint32_t next = (*run)->Results(
      first, PageSize(request->page_size(), kDefaultHostsPage, kMaxHostsPage), states, &results);
  for (v1::HostResult& result : results) *response->add_results() = std::move(result);
  if (next < (*run)->host_count()) response->set_next_page_token(absl::StrCat(next));
  return Answer(context, absl::OkStatus());
}

// --- Stopping, and what is to come

grpc::ServerUnaryReactor* RunService::CancelRun(grpc::CallbackServerContext* context,
                                                const v1::CancelRunRequest* request,
                                                v1::CancelRunResponse* response) {
  absl::StatusOr<std::shared_ptr<Run>> run = FindRun(*context, request->run_id());
  if (run.ok()) {
    (*run)->Cancel();
    *response->mutable_run() = (*run)->Snapshot();
  }
  return Answer(context, run.status());
}

grpc::ServerUnaryReactor* RunService::PauseRun(grpc::CallbackServerContext* context,
                                               const v1::PauseRunRequest*, v1::PauseRunResponse*) {
  return Answer(context, NotYet("pause a run"));
}

grpc::ServerUnaryReactor* RunService::ResumeRun(grpc::CallbackServerContext* context,
                                                const v1::ResumeRunRequest*,
                                                v1::ResumeRunResponse*) {
  return Answer(context, NotYet("resume a run"));
}

grpc::ServerUnaryReactor* RunService::RerunHosts(grpc::CallbackServerContext* context,
                                                 const v1::RerunHostsRequest*,
                                                 v1::RerunHostsResponse*) {
  return Answer(context, NotYet("run some of a run's hosts again"));
}

grpc::ServerReadReactor<v1::SendInputRequest>* RunService::SendInput(grpc::CallbackServerContext*,
                                                                     v1::SendInputResponse*) {
  return new RefuseInput(NotYet("send input to commands"));
}

}  // namespace muster::service
