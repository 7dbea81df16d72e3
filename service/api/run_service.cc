#include "service/api/run_service.h"

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
#include "proto/contract/limits.h"
#include "proto/contract/times.h"
#include "service/api/raw_call.h"
#include "service/prepare/host_list.h"
#include "service/prepare/jump_hosts.h"
#include "service/prepare/secrets.h"
#include "service/prepare/spec_check.h"
#include "service/runs/run_records.h"
#include "service/watch/watch_views.h"

namespace muster::service {
namespace {

using Lane = CallGate::Lane;

constexpr uint32_t kDefaultRunsPage = 50;
constexpr uint32_t kMaxRunsPage = 1000;
constexpr uint32_t kDefaultHostsPage = 1000;
constexpr uint32_t kMaxHostsPage = 10'000;

uint32_t PageSize(uint32_t asked, uint32_t otherwise, uint32_t most) {
  return asked == 0 ? otherwise : std::min(asked, most);
}

// A call that is refused at once.
grpc::ServerWriteReactor<grpc::ByteBuffer>* Refuse(const absl::Status& status) {
  auto* reactor = new WatchReactor([] {});
  reactor->Fail(status);
  return reactor;
}

absl::Status CheckWatch(const v1::WatchRunRequest& request, const v1::Run& run) {
  const bool lines = request.view() <= v1::RUN_VIEW_LINES;
  if (!v1::RunView_IsValid(request.view())) {
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

// As many as a page takes; there may be more where there are `size`.
void AddPage(std::vector<v1::HostResult> results, uint32_t size,
             v1::ListHostResultsResponse* response) {
  size_t bytes = 0;
  for (v1::HostResult& result : results) {
    bytes += result.ByteSizeLong();
    if (bytes > kMaxPageBytes && response->results_size() > 0) {
      return response->set_next_page_token(absl::StrCat(result.host_index()));
    }
    *response->add_results() = std::move(result);
  }
  if (results.size() < size) return;
  const auto& last = response->results(response->results_size() - 1);
  response->set_next_page_token(absl::StrCat(last.host_index() + 1));
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
  for (const std::shared_ptr<Run>& run : runs_->Live()) run->Interrupt();
  const auto end = std::chrono::steady_clock::now() + patience;
  {
    MutexLock lock(&mutex_);
    while (under_way_ > 0 && std::chrono::steady_clock::now() < end) {
      lock.WaitUntil(&all_over_, end);
    }
  }
  for (const std::shared_ptr<Run>& run : runs_->Live()) {
    if (run->spec().continue_after_restart()) run->Freeze();
  }
}

void RunService::OnRunBegun(const Run& run) {
  LogStart(run);
  parts_.activity->Begin(Activity::Clock::now());
  MutexLock lock(&mutex_);
  ++under_way_;
}

void RunService::OnRunOver(const Run& run) {
  LogEnd(run);
  parts_.activity->End(Activity::Clock::now());
  MutexLock lock(&mutex_);
  if (--under_way_ == 0) all_over_.notify_all();
}

absl::StatusOr<RunRef> RunService::FindRun(const Caller& caller, const std::string& id) const {
  absl::StatusOr<RunRef> run = runs_->Find(id);
  if (!run.ok() || caller.local() || run->creator() == caller.Text()) return run;
  return absl::NotFoundError(
      absl::StrCat("there is no run \"", id, "\", or it has been forgotten"));
}

absl::StatusOr<std::shared_ptr<Run>> RunService::FindLive(const Caller& caller,
                                                          const std::string& id) const {
  absl::StatusOr<RunRef> run = FindRun(caller, id);
  if (!run.ok()) return run.status();
  if (run->live == nullptr) {
    return absl::FailedPreconditionError(absl::StrCat("run ", id, " has ended"));
  }
  return std::move(run->live);
}

// --- Starting

absl::StatusOr<RunRef> RunService::StartRun(const Caller& caller, const v1::RunSpec& spec,
                                            const std::string& request_id) {
  absl::StatusOr<PreparedRun> prepared = parts_.preparer->Prepare(caller, spec);
  if (!prepared.ok()) return prepared.status();
  return StartPrepared(*std::move(prepared), request_id);
}

absl::StatusOr<RunRef> RunService::StartPrepared(PreparedRun prepared,
                                                 const std::string& request_id) {
  if (request_id.size() > kMaxRequestIdBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("request_id: ", request_id.size(), " bytes; at most ", kMaxRequestIdBytes));
  }
  prepared.plan.request_id = request_id;
  absl::StatusOr<Runs::Created> created =
      runs_->Create(std::move(prepared.plan), [&](Run& run) { BeginRun(&run, &prepared); });
  if (!created.ok()) return created.status();
  return std::move(created->run);
}

void RunService::BeginRun(Run* run, PreparedRun* prepared) {
  OnRunBegun(*run);
  // It is made already, and has to come to an end.
  if (parts_.gate->stopping()) {
    run->Close("musterd is stopping.", /*canceled=*/true);
  } else {
    run->Begin(std::move(prepared->job), std::move(prepared->probe), std::move(prepared->access));
  }
}

absl::StatusOr<std::vector<v1::RunHost>> RunService::HostsToRerun(
    const RunRef& run, const std::vector<int>& states) const {
  if (run.live != nullptr || !IsTerminal(run.stored.state())) {
    return absl::FailedPreconditionError(absl::StrCat("run ", run.id(), " has not ended"));
  }
  absl::StatusOr<std::vector<v1::HostResult>> results =
      parts_.store->Results(run.id(), 0, UINT32_MAX, {});
  if (!results.ok()) return results.status();
  std::vector<v1::RunHost> hosts;
  for (const v1::HostResult& result : *results) {
    const bool well = result.state() == v1::HOST_STATE_SUCCEEDED &&
                      (!result.has_probe() || result.probe().state() == v1::HOST_STATE_SUCCEEDED);
    if (states.empty() ? !well : absl::c_linear_search(states, result.state())) {
      hosts.push_back(result.host());
    }
  }
  if (!hosts.empty()) return hosts;
  return absl::FailedPreconditionError(
      absl::StrCat("run ", run.id(), ": no host is in one of these states"));
}

void RunService::TakeLogin(const v1::Login& login, v1::RunSpec* spec,
                           std::vector<v1::RunHost>* hosts) const {
  if (!login.user().empty()) {
    ReplaceUser(parts_.preparer->UserOf(spec->login()), login.user(), hosts);
  }
  v1::Login taken = login;
  KeepJumpHosts(spec->login(), &taken);
  *spec->mutable_login() = std::move(taken);
}

absl::StatusOr<RunRef> RunService::Rerun(const Caller& caller,
                                         const v1::RerunHostsRequest& request) {
  // Before every host gets it.
  const absl::Status user = CheckUser("login.user", request.login().user());
  if (!user.ok()) return user;
  absl::StatusOr<RunRef> run = FindRun(caller, request.run_id());
  if (!run.ok()) return run.status();
  absl::StatusOr<std::vector<v1::RunHost>> hosts =
      HostsToRerun(*run, {request.states().begin(), request.states().end()});
  if (!hosts.ok()) return hosts.status();
  v1::RunSpec spec = run->stored.spec();
  if (request.has_login()) TakeLogin(request.login(), &spec, &*hosts);
  absl::StatusOr<PreparedRun> prepared = parts_.preparer->Prepare(caller, spec, *std::move(hosts));
  WipeSecrets(&spec);
  if (!prepared.ok()) return prepared.status();
  prepared->plan.rerun_of = run->id();
  return StartPrepared(*std::move(prepared), request.request_id());
}

absl::Status RunService::FillCreateRun(const Caller& caller, const v1::CreateRunRequest& request,
                                       v1::CreateRunResponse* response) {
  if (!request.validate_only()) {
    absl::StatusOr<RunRef> run = StartRun(caller, request.spec(), request.request_id());
    if (run.ok()) *response->mutable_run() = run->Snapshot();
    return run.status();
  }
  absl::StatusOr<PreparedRun> prepared = parts_.preparer->Prepare(caller, request.spec());
  if (!prepared.ok()) return prepared.status();
  v1::Run* run = response->mutable_run();
  *run->mutable_spec() = std::move(prepared->plan.spec);
  run->set_host_count(static_cast<uint32_t>(prepared->plan.hosts.size()));
  run->set_batch_count(static_cast<uint32_t>(prepared->plan.rollout.batch_ends.size()));
  run->set_creator(caller.Text());
  for (std::string& warning : prepared->plan.warnings) run->add_warnings(std::move(warning));
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* RunService::CreateRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::CreateRunRequest, v1::CreateRunResponse>(
      parts_.gate, Lane::kStart, context, request, answer,
      [this](const Caller& caller, const v1::CreateRunRequest& request,
             v1::CreateRunResponse* response) { return FillCreateRun(caller, request, response); });
}

grpc::ServerUnaryReactor* RunService::RerunHosts(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::RerunHostsRequest, v1::RerunHostsResponse>(
      parts_.gate, Lane::kStart, context, request, answer,
      [this](const Caller& caller, const v1::RerunHostsRequest& request,
             v1::RerunHostsResponse* response) {
        absl::StatusOr<RunRef> run = Rerun(caller, request);
        if (run.ok()) *response->mutable_run() = run->Snapshot();
        return run.status();
      });
}

WatchReactor* RunService::NewWatcher() {
  Activity* const activity = parts_.activity;
  activity->Begin(Activity::Clock::now());
  return new WatchReactor([activity] { activity->End(Activity::Clock::now()); });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::RunCommand(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::StatusOr<RawCall<v1::RunCommandRequest>> call =
      TakeCall<v1::RunCommandRequest>(parts_.gate, *context, *request);
  if (!call.ok()) return Refuse(call.status());
  const std::shared_ptr<v1::RunCommandRequest> asked = call->request;
  WatchReactor* const reactor = NewWatcher();
  parts_.gate->Queue(Lane::kStart, *context, call->caller, *asked,
                     [this, reactor, asked, caller = call->caller](absl::Status status) {
                       absl::StatusOr<RunRef> run =
                           status.ok() ? StartRun(caller, asked->spec(), asked->request_id())
                                       : absl::StatusOr<RunRef>(status);
                       WipeSecrets(asked.get());  // the watch goes on for long
                       if (!run.ok()) return reactor->Fail(run.status());
                       WatchOptions options;
                       options.cancel_on_disconnect = asked->cancel_on_disconnect();
                       reactor->Watch(run->watched(), Source(), std::move(options));
                     });
  return reactor;
}

// --- Watching

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::WatchRun(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  const absl::StatusOr<RawCall<v1::WatchRunRequest>> call =
      TakeCall<v1::WatchRunRequest>(parts_.gate, *context, *request);
  if (!call.ok()) return Refuse(call.status());
  const std::shared_ptr<v1::WatchRunRequest> asked = call->request;
  WatchReactor* const reactor = NewWatcher();
  parts_.gate->Queue(Lane::kRead, *context, call->caller, *asked,
                     [this, reactor, asked, caller = call->caller](absl::Status status) {
                       if (!status.ok()) return reactor->Fail(status);
                       absl::StatusOr<RunRef> run = FindRun(caller, asked->run_id());
                       if (!run.ok()) return reactor->Fail(run.status());
                       const absl::Status checked = CheckWatch(*asked, run->Snapshot());
                       if (!checked.ok()) return reactor->Fail(checked);
                       WatchOptions options;
                       options.after = asked->after_sequence();
                       options.view = NewEventView(*asked, &texts_);
                       reactor->Watch(run->watched(), Source(), std::move(options));
                     });
  return reactor;
}

grpc::ServerUnaryReactor* RunService::GetRun(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::GetRunRequest, v1::GetRunResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::GetRunRequest& request, v1::GetRunResponse* response) {
        absl::StatusOr<RunRef> run = FindRun(caller, request.run_id());
        if (run.ok()) *response->mutable_run() = run->Snapshot();
        return run.status();
      });
}

absl::Status RunService::FillRuns(const Caller& caller, const v1::ListRunsRequest& request,
                                  v1::ListRunsResponse* response) {
  RunQuery query;
  query.before = request.page_token();
  const bool token = std::all_of(query.before.begin(), query.before.end(),
                                 [](char c) { return absl::ascii_isalnum(c); });
  if (!token) return absl::InvalidArgumentError("page_token: not one of ours");
  query.creator = request.creator();
  if (!caller.local()) {
    if (!query.creator.empty() && query.creator != caller.Text()) return absl::OkStatus();
    query.creator = caller.Text();
  }
  for (const int state : request.states()) query.states.push_back(static_cast<v1::RunState>(state));
  query.labels.insert(request.labels().begin(), request.labels().end());
  query.command_contains = request.command_contains();
  if (request.has_created_after()) query.created_after = TimeOf(request.created_after());
  if (request.has_created_before()) query.created_before = TimeOf(request.created_before());
  query.limit = PageSize(request.page_size(), kDefaultRunsPage, kMaxRunsPage);
  absl::StatusOr<Runs::Page> page = runs_->List(query);
  if (!page.ok()) return page.status();
  if (page->more) response->set_next_page_token(page->runs.back().id());
  for (v1::Run& run : page->runs) *response->add_runs() = std::move(run);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* RunService::ListRuns(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListRunsRequest, v1::ListRunsResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ListRunsRequest& request,
             v1::ListRunsResponse* response) { return FillRuns(caller, request, response); });
}

absl::Status RunService::FillResults(const Caller& caller,
                                     const v1::ListHostResultsRequest& request,
                                     v1::ListHostResultsResponse* response) {
  absl::StatusOr<RunRef> run = FindRun(caller, request.run_id());
  if (!run.ok()) return run.status();
  uint32_t first = 0;
  if (!request.page_token().empty() && !absl::SimpleAtoi(request.page_token(), &first)) {
    return absl::InvalidArgumentError("page_token: not one of ours");
  }
  const uint32_t size = PageSize(request.page_size(), kDefaultHostsPage, kMaxHostsPage);
  std::vector<v1::HostResult> results;
  if (run->live != nullptr) {
    run->live->Results(first, size, {request.states().begin(), request.states().end()}, &results);
  } else {
    std::vector<v1::HostState> states;
    for (const int state : request.states()) states.push_back(static_cast<v1::HostState>(state));
    absl::StatusOr<std::vector<v1::HostResult>> stored =
        parts_.store->Results(run->id(), first, size, states);
    if (!stored.ok()) return stored.status();
    results = *std::move(stored);
  }
  AddPage(std::move(results), size, response);
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* RunService::ListHostResults(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListHostResultsRequest, v1::ListHostResultsResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ListHostResultsRequest& request,
             v1::ListHostResultsResponse* response) {
        return FillResults(caller, request, response);
      });
}

// --- Lifecycle, and what is to come

grpc::ServerUnaryReactor* RunService::CancelRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::CancelRunRequest, v1::CancelRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::CancelRunRequest& request,
             v1::CancelRunResponse* response) {
        absl::StatusOr<RunRef> run = FindRun(caller, request.run_id());
        if (!run.ok()) return run.status();
        if (run->live != nullptr) {
          run->live->Cancel();
          // Where that cannot be written, nothing is started either.
          run->live->WaitUntilWritten().IgnoreError();
        }
        *response->mutable_run() = run->Snapshot();
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* RunService::PauseRun(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::PauseRunRequest, v1::PauseRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::PauseRunRequest& request,
             v1::PauseRunResponse* response) {
        absl::StatusOr<std::shared_ptr<Run>> run = FindLive(caller, request.run_id());
        if (!run.ok()) return run.status();
        absl::Status paused = (*run)->Pause();
        if (paused.ok()) paused = (*run)->WaitUntilWritten();
        if (paused.ok()) *response->mutable_run() = (*run)->Snapshot();
        return paused;
      });
}

grpc::ServerUnaryReactor* RunService::ResumeRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResumeRunRequest, v1::ResumeRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::ResumeRunRequest& request,
             v1::ResumeRunResponse* response) {
        absl::StatusOr<std::shared_ptr<Run>> run = FindLive(caller, request.run_id());
        if (!run.ok()) return run.status();
        absl::Status resumed = (*run)->Resume();
        if (resumed.ok()) resumed = (*run)->WaitUntilWritten();
        if (resumed.ok()) *response->mutable_run() = (*run)->Snapshot();
        return resumed;
      });
}

absl::Status RunService::Delete(const Caller& caller, const std::string& id) {
  absl::StatusOr<RunRef> run = FindRun(caller, id);
  if (!run.ok()) return run.status();
  if (run->live == nullptr && IsTerminal(run->stored.state())) return runs_->Forget(id);
  return absl::FailedPreconditionError(
      absl::StrCat("run ", id, " has not ended; CancelRun (muster cancel) ends it"));
}

grpc::ServerUnaryReactor* RunService::DeleteRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::DeleteRunRequest, v1::DeleteRunResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::DeleteRunRequest& request,
             v1::DeleteRunResponse* response) { return Delete(caller, request.run_id()); });
}

grpc::ServerReadReactor<v1::SendInputRequest>* RunService::SendInput(
    grpc::CallbackServerContext* context, v1::SendInputResponse*) {
  const absl::StatusOr<Caller> caller = parts_.gate->Admit(*context);
  if (!caller.ok()) return new RefuseInput(caller.status());
  return new RefuseInput(
      absl::UnimplementedError("this version of musterd cannot send input to commands yet"));
}

}  // namespace muster::service
