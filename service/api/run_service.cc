#include "service/api/run_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/states.h"
#include "service/api/event_queries.h"
#include "service/api/raw_call.h"
#include "service/api/run_queries.h"

namespace muster::service {
namespace {

using Lane = CallGate::Lane;

// Of a run that is not over: FAILED_PRECONDITION.
absl::StatusOr<std::shared_ptr<Run>> FindLive(const Runs& runs, const Caller& caller,
                                              const std::string& id) {
  absl::StatusOr<RunRef> run = runs.FindFor(caller, id);
  if (!run.ok()) return run.status();
  if (run->live == nullptr) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat("run ", id, " has ended")),
                      v1::ERROR_REASON_RUN_STATE);
  }
  return std::move(run->live);
}

// The answer of calls that answer with a run.
template <typename Response>
absl::Status FillRun(const absl::StatusOr<RunRef>& run, Response* response) {
  if (run.ok()) *response->mutable_run() = run->Snapshot();
  return run.status();
}

// Of those that had a run do something: not before that is written down.
template <typename Response>
absl::Status FillChanged(const Run& run, absl::Status done, Response* response) {
  if (done.ok()) done = run.WaitUntilWritten();
  if (done.ok()) *response->mutable_run() = run.Snapshot();
  return done;
}

void Cancel(const RunRef& run, const std::string& by) {
  if (run.live == nullptr) return;
  run.live->Cancel({v1::RUN_REASON_CANCEL_REQUESTED, "the run was canceled.", by});
  // Where that cannot be written, nothing is started either.
  run.live->WaitUntilWritten().IgnoreError();
}

absl::Status CheckOver(const RunRef& run) {
  if (run.live == nullptr && IsTerminal(run.stored.state())) return absl::OkStatus();
  return WithReason(absl::FailedPreconditionError(absl::StrCat(
                        "run ", run.id(), " has not ended; cancel it first, or wait for its end")),
                    v1::ERROR_REASON_RUN_STATE);
}

absl::Status AddInput(const Run& run, const v1::SendInputRequest& request,
                      v1::SendInputResponse* response) {
  if (request.data().size() > kMaxInputBytes) {
    return FieldError(
        {{"data", absl::StrCat(request.data().size(), " bytes; at most ", kMaxInputBytes)}});
  }
  const std::shared_ptr<RunInput> input = run.input();
  if (input == nullptr) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          "run ", run.id(), " takes no input: its spec.input is not STREAM")),
                      v1::ERROR_REASON_RUN_STATE);
  }
  for (const uint32_t host : request.host_indexes()) {
    if (host < run.hosts().size()) continue;
    return FieldError({{"host_indexes", absl::StrCat(host, "; the run has ", run.hosts().size(),
                                                     " hosts, from 0 on")}});
  }
  if (request.host_indexes_size() > 0 && run.HaveEnded(request.host_indexes())) {
    return WithReason(absl::FailedPreconditionError("these hosts have ended, and read no input any "
                                                    "more"),
                      v1::ERROR_REASON_RUN_STATE);
  }
  const absl::StatusOr<RunInput::Taken> taken =
      input->Add({request.host_indexes().begin(), request.host_indexes().end()}, request.offset(),
                 request.data(), request.end());
  if (!taken.ok()) return taken.status();
  response->set_offset(taken->offset);
  response->set_end(taken->end);
  return absl::OkStatus();
}

std::string ProblemOfSize(uint32_t size) {
  if (size >= 1 && size <= kMaxTerminalSize) return "";
  return absl::StrCat(size, "; it must be from 1 to ", kMaxTerminalSize);
}

absl::Status CheckSize(const v1::ResizeTerminalRequest& request) {
  std::vector<FieldProblem> problems;
  for (const auto& [field, size] :
       {std::make_pair("columns", request.columns()), std::make_pair("rows", request.rows())}) {
    const std::string problem = ProblemOfSize(size);
    if (!problem.empty()) problems.push_back({field, problem});
  }
  return FieldError(problems);
}

}  // namespace

RunService::RunService(const Parts& parts)
    : parts_(parts),
      streams_(
          {parts.gate, parts.runs, parts.starter, {parts.store, parts.helpers}, parts.activity}) {}

grpc::ServerUnaryReactor* RunService::CreateRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::CreateRunRequest, v1::CreateRunResponse>(
      parts_.gate, Lane::kStart, context, request, answer,
      [this, context](const Caller& caller, const v1::CreateRunRequest& request,
                      v1::CreateRunResponse* response) {
        if (!request.validate_only()) {
          const auto waits = [context] { return !context->IsCancelled(); };
          return FillRun(parts_.starter->Start(caller, request.spec(), request.request_id(), waits),
                         response);
        }
        absl::StatusOr<v1::Run> run = parts_.starter->Validate(caller, request.spec());
        if (run.ok()) *response->mutable_run() = *std::move(run);
        return run.status();
      });
}

grpc::ServerUnaryReactor* RunService::RerunHosts(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::RerunHostsRequest, v1::RerunHostsResponse>(
      parts_.gate, Lane::kStart, context, request, answer,
      [this, context](const Caller& caller, const v1::RerunHostsRequest& request,
                      v1::RerunHostsResponse* response) {
        const auto waits = [context] { return !context->IsCancelled(); };
        return FillRun(parts_.starter->Rerun(caller, request, waits), response);
      });
}

// --- Reading

grpc::ServerUnaryReactor* RunService::GetRun(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer* request,
                                             grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::GetRunRequest, v1::GetRunResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::GetRunRequest& request, v1::GetRunResponse* response) {
        return FillRun(parts_.runs->FindFor(caller, request.run_id()), response);
      });
}

grpc::ServerUnaryReactor* RunService::ListRuns(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListRunsRequest, v1::ListRunsResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ListRunsRequest& request,
             v1::ListRunsResponse* response) {
        return FillRuns(*parts_.runs, caller, request, response);
      });
}

grpc::ServerUnaryReactor* RunService::ListHostResults(grpc::CallbackServerContext* context,
                                                      const grpc::ByteBuffer* request,
                                                      grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListHostResultsRequest, v1::ListHostResultsResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::ListHostResultsRequest& request,
             v1::ListHostResultsResponse* response) {
        return FillResults(*parts_.runs, *parts_.store, caller, request, response);
      });
}

grpc::ServerUnaryReactor* RunService::ListEvents(grpc::CallbackServerContext* context,
                                                 const grpc::ByteBuffer* request,
                                                 grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ListEventsRequest, v1::ListEventsResponse>(
      parts_.gate, Lane::kSearch, context, request, answer,
      [this, context](const Caller& caller, const v1::ListEventsRequest& request,
                      v1::ListEventsResponse* response) {
        const auto waits = [context] { return !context->IsCancelled(); };
        return FillEvents(*parts_.runs, *parts_.store, caller, request, waits, response);
      });
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::WatchRun(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return streams_.WatchRun(*context, *request);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::WatchRuns(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return streams_.WatchRuns(*context, *request);
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* RunService::CreateAndWatchRun(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request) {
  return streams_.CreateAndWatchRun(*context, *request);
}

// --- Lifecycle

grpc::ServerUnaryReactor* RunService::CancelRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::CancelRunRequest, v1::CancelRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::CancelRunRequest& request,
             v1::CancelRunResponse* response) {
        const absl::StatusOr<RunRef> run = parts_.runs->FindFor(caller, request.run_id());
        if (run.ok()) Cancel(*run, caller.Text());
        return FillRun(run, response);
      });
}

grpc::ServerUnaryReactor* RunService::PauseRun(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* request,
                                               grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::PauseRunRequest, v1::PauseRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::PauseRunRequest& request,
             v1::PauseRunResponse* response) {
        const absl::StatusOr<std::shared_ptr<Run>> run =
            FindLive(*parts_.runs, caller, request.run_id());
        return run.ok() ? FillChanged(**run, (*run)->Pause(caller.Text()), response) : run.status();
      });
}

grpc::ServerUnaryReactor* RunService::ResumeRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResumeRunRequest, v1::ResumeRunResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::ResumeRunRequest& request,
             v1::ResumeRunResponse* response) {
        const absl::StatusOr<std::shared_ptr<Run>> run =
            FindLive(*parts_.runs, caller, request.run_id());
        return run.ok() ? FillChanged(**run, (*run)->Resume(), response) : run.status();
      });
}

grpc::ServerUnaryReactor* RunService::DeleteRun(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::DeleteRunRequest, v1::DeleteRunResponse>(
      parts_.gate, Lane::kRead, context, request, answer,
      [this](const Caller& caller, const v1::DeleteRunRequest& request, v1::DeleteRunResponse*) {
        const absl::StatusOr<RunRef> run = parts_.runs->FindFor(caller, request.run_id());
        if (!run.ok()) return run.status();
        const absl::Status over = CheckOver(*run);
        return over.ok() ? parts_.runs->Forget(run->id()) : over;
      });
}

grpc::ServerUnaryReactor* RunService::SendInput(grpc::CallbackServerContext* context,
                                                const grpc::ByteBuffer* request,
                                                grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::SendInputRequest, v1::SendInputResponse>(
      parts_.gate, Lane::kInput, context, request, answer,
      [this](const Caller& caller, const v1::SendInputRequest& request,
             v1::SendInputResponse* response) {
        const absl::StatusOr<std::shared_ptr<Run>> run =
            FindLive(*parts_.runs, caller, request.run_id());
        return run.ok() ? AddInput(**run, request, response) : run.status();
      });
}

grpc::ServerUnaryReactor* RunService::ResizeTerminal(grpc::CallbackServerContext* context,
                                                     const grpc::ByteBuffer* request,
                                                     grpc::ByteBuffer* answer) {
  return AnswerRaw<v1::ResizeTerminalRequest, v1::ResizeTerminalResponse>(
      parts_.gate, Lane::kLifecycle, context, request, answer,
      [this](const Caller& caller, const v1::ResizeTerminalRequest& request,
             v1::ResizeTerminalResponse*) {
        const absl::Status valid = CheckSize(request);
        if (!valid.ok()) return valid;
        const absl::StatusOr<std::shared_ptr<Run>> run =
            FindLive(*parts_.runs, caller, request.run_id());
        if (!run.ok()) return run.status();
        return (*run)->ResizeTerminals({request.columns(), request.rows()});
      });
}

}  // namespace muster::service
