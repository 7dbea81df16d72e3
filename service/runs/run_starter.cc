#include "service/runs/run_starter.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/states.h"
#include "service/prepare/host_list.h"
#include "service/prepare/jump_hosts.h"
#include "service/prepare/secrets.h"
#include "service/prepare/spec_check.h"

namespace muster::service {
namespace {

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

// The run that is run again could be continued after a restart; one with secrets, which are not
// kept, cannot. The warning, or nothing.
std::string GiveUpContinuation(v1::RunSpec* spec) {
  if (!spec->continue_after_restart() || !HasSecrets(*spec)) return "";
  spec->clear_continue_after_restart();
  return "This rerun is not continued after a restart of musterd, as the run was to be: its "
         "password, passphrase or answer is not kept.";
}

}  // namespace

absl::StatusOr<RunRef> RunStarter::Start(const Caller& caller, const v1::RunSpec& spec,
                                         const std::string& request_id, Waits waits) {
  return StartOnce(
      {caller.Text(), request_id, RequestDigest(spec)},
      [&] { return preparer_->Prepare(caller, spec); }, waits);
}

absl::StatusOr<v1::Run> RunStarter::Validate(const Caller& caller, const v1::RunSpec& spec) const {
  absl::StatusOr<PreparedRun> prepared = preparer_->Prepare(caller, spec);
  if (!prepared.ok()) return prepared.status();
  v1::Run run;
  *run.mutable_spec() = std::move(prepared->plan.spec);
  run.set_host_count(static_cast<uint32_t>(prepared->plan.hosts.size()));
  run.set_batch_count(static_cast<uint32_t>(prepared->plan.rollout.batch_ends.size()));
  run.set_creator(caller.Text());
  for (std::string& warning : prepared->plan.warnings) run.add_warnings(std::move(warning));
  return run;
}

absl::StatusOr<RunRef> RunStarter::StartOnce(const RunRequest& request, Prepare prepare,
                                             Waits waits) {
  if (request.id.size() > kMaxRequestIdBytes) {
    return FieldError(
        {{"request_id", absl::StrCat(request.id.size(), " bytes; at most ", kMaxRequestIdBytes)}});
  }
  const RequestTurns::Turn turn(&turns_, request);
  absl::StatusOr<absl::optional<RunRef>> known = runs_->FindRequest(request);
  if (!known.ok()) return known.status();
  if (known->has_value()) return **std::move(known);
  absl::StatusOr<PreparedRun> prepared = prepare();
  if (!prepared.ok()) return prepared.status();
  if (!waits()) return absl::CancelledError("the caller has left: no run was started");
  prepared->plan.request_id = request.id;
  prepared->plan.request_digest = request.digest;
  absl::StatusOr<std::shared_ptr<RunInput>> input = std::shared_ptr<RunInput>();
  if (prepared->plan.spec.input() == v1::RUN_INPUT_STREAM) {
    input = RunInput::Open(inputs_.folder, inputs_.helpers);
  }
  if (!input.ok()) return input.status();
  absl::StatusOr<std::shared_ptr<Run>> run =
      runs_->Create(std::move(prepared->plan),
                    [&](Run& created) { Begin(&created, &*prepared, *std::move(input)); });
  if (!run.ok()) return run.status();
  return RunRef{*std::move(run), {}};
}

void RunStarter::Begin(Run* run, PreparedRun* prepared, std::shared_ptr<RunInput> input) {
  NoteBegun(*run);
  run->SetInput(std::move(input));
  // It is made already, and has to come to an end.
  if (stopping_) {
    run->Close(DaemonStops());
  } else {
    run->Begin(std::move(prepared->job), std::move(prepared->probe), std::move(prepared->reaches));
  }
}

std::shared_ptr<Run> RunStarter::Adopt(std::string id, RunPlan plan, const RunPast& past) {
  std::shared_ptr<Run> run = runs_->Adopt(std::move(id), std::move(plan), past);
  NoteBegun(*run);
  return run;
}

// --- Again

absl::StatusOr<RunRef> RunStarter::Rerun(const Caller& caller, const v1::RerunHostsRequest& request,
                                         Waits waits) {
  return StartOnce(
      {caller.Text(), request.request_id(), RequestDigest(request)},
      [&] { return PrepareRerun(caller, request); }, waits);
}

absl::StatusOr<PreparedRun> RunStarter::PrepareRerun(const Caller& caller,
                                                     const v1::RerunHostsRequest& request) const {
  // Before every host gets it.
  const std::string user = ProblemOfUser(request.login().user());
  if (!user.empty()) return FieldError({{"login.user", user}});
  absl::StatusOr<RunRef> run = runs_->FindFor(caller, request.run_id());
  if (!run.ok()) return run.status();
  // Its commands would read nothing, and might succeed.
  if (run->Snapshot().spec().input() == v1::RUN_INPUT_STREAM) {
    return WithReason(absl::FailedPreconditionError(
                          absl::StrCat("run ", run->id(),
                                       " was given input, which is not kept: start a new run "
                                       "with that input")),
                      v1::ERROR_REASON_RUN_STATE);
  }
  absl::StatusOr<std::vector<v1::RunHost>> hosts =
      HostsToRerun(*run, {request.states().begin(), request.states().end()});
  if (!hosts.ok()) return hosts.status();
  v1::RunSpec spec = run->stored.spec();
  spec.clear_cancel_after_disconnect();
  if (request.has_login()) TakeLogin(request.login(), &spec, &*hosts);
  if (!request.become_password().empty()) {
    if (!spec.has_become()) {
      return FieldError({{"become_password", "the run's commands become no other user"}});
    }
    spec.mutable_become()->set_password(request.become_password());
  }
  const std::string warning = GiveUpContinuation(&spec);
  absl::StatusOr<PreparedRun> prepared = preparer_->PrepareAgain(caller, spec, *std::move(hosts));
  WipeSecrets(&spec);
  if (!prepared.ok()) return prepared;
  prepared->plan.rerun_of = run->id();
  if (!warning.empty()) prepared->plan.warnings.push_back(warning);
  return prepared;
}

absl::StatusOr<std::vector<v1::RunHost>> RunStarter::HostsToRerun(
    const RunRef& run, const std::vector<int>& states) const {
  if (run.live != nullptr || !IsTerminal(run.stored.state())) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("run ", run.id(), " has not ended")),
        v1::ERROR_REASON_RUN_STATE);
  }
  absl::StatusOr<std::vector<v1::HostResult>> results =
      store_->Results(run.id(), 0, UINT32_MAX, {});
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
  return WithReason(absl::FailedPreconditionError(
                        absl::StrCat("run ", run.id(), ": no host is in one of these states")),
                    v1::ERROR_REASON_RUN_STATE);
}

void RunStarter::TakeLogin(const v1::Login& login, v1::RunSpec* spec,
                           std::vector<v1::RunHost>* hosts) const {
  if (!login.user().empty()) ReplaceUser(preparer_->UserOf(spec->login()), login.user(), hosts);
  v1::Login taken = login;
  KeepJumpHosts(spec->login(), &taken);
  *spec->mutable_login() = std::move(taken);
}

// --- Under way, and the end

void RunStarter::NoteBegun(const Run& run) {
  LogStart(run);
  activity_->Begin(Activity::Clock::now());
  MutexLock lock(&mutex_);
  ++under_way_;
}

void RunStarter::OnOver(const Run& run) {
  LogEnd(run);
  activity_->End(Activity::Clock::now());
  MutexLock lock(&mutex_);
  if (--under_way_ == 0) all_over_.notify_all();
}

void RunStarter::Stop(std::chrono::milliseconds patience) {
  stopping_ = true;
  for (const std::shared_ptr<Run>& run : runs_->Live()) run->Interrupt();
  WaitUntilOver(std::chrono::steady_clock::now() + patience);
  for (const std::shared_ptr<Run>& run : runs_->Live()) {
    if (run->spec().continue_after_restart()) run->Freeze();
    if (run->input() != nullptr) run->input()->Close();
  }
}

void RunStarter::WaitUntilOver(std::chrono::steady_clock::time_point end) {
  MutexLock lock(&mutex_);
  while (under_way_ > 0 && std::chrono::steady_clock::now() < end) lock.WaitUntil(&all_over_, end);
}

}  // namespace muster::service
