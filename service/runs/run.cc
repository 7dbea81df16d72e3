#include "service/runs/run.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "muster/v1/event.pb.h"
#include "proto/contract/error_details.h"
#include "proto/contract/states.h"
#include "proto/contract/times.h"
#include "service/journal/crash_point.h"
#include "service/prepare/command_line.h"
#include "service/runs/probe_observer.h"
#include "service/runs/run_observer.h"

namespace muster::service {
namespace {

constexpr size_t kHostsPerEvent = 1000;
constexpr size_t kFewHosts = 100;
// What watchers are given in one piece.
constexpr size_t kBlockBytes = 64 * 1024;
constexpr char kLost[] =
    "musterd was ended after the command was requested; it may have run, or may still be running.";

// Whoever is to watch a run that he creates has so long to begin; who has watched it with a daemon
// that was ended, to come back.
constexpr absl::Duration kWatchFollows = absl::Seconds(5);
constexpr absl::Duration kComeBack = absl::Seconds(15);

v1::Event StateEvent(v1::RunState state, const Why& why) {
  v1::Event event;
  v1::RunStateChanged* changed = event.mutable_run_state();
  changed->set_state(state);
  changed->set_message(why.message);
  changed->set_reason(why.reason);
  changed->set_reason_by(why.by);
  return event;
}

v1::HostOutcome Outcome(v1::HostState state, v1::Cause cause, const std::string& message) {
  v1::HostOutcome outcome;
  outcome.set_state(state);
  outcome.set_cause(cause);
  outcome.set_message(message);
  return outcome;
}

// How many keys accept-new has taken, and where they are.
void TellNewHostKeys(const RunPlan& plan, v1::Run* run) {
  const uint32_t written = plan.new_host_keys->written;
  const uint32_t not_kept = plan.new_host_keys->not_kept;
  const auto tell = [run](uint32_t count, absl::string_view were, absl::string_view what) {
    if (count == 0) return;
    run->add_warnings(absl::StrCat(count, count == 1 ? " new host key was" : " new host keys were",
                                   were, what, "."));
  };
  const std::string files = absl::StrJoin(plan.new_host_keys_files, " or ");
  tell(written, " accepted and written to ", files);
  tell(not_kept, " accepted and not kept: known_hosts is ", files);
}

void TellRefusedEnvironment(uint32_t hosts, v1::Run* run) {
  if (hosts == 0) return;
  run->add_warnings(absl::StrCat(
      hosts, hosts == 1 ? " host's server" : " hosts' servers",
      " did not take all variables that were requested (--request-env, ssh_config's SetEnv), and "
      "the command ran without them: sshd takes those that its AcceptEnv names; --env needs no "
      "leave."));
}

std::vector<HostUpdate> UpdatesOf(const std::vector<uint32_t>& hosts) {
  std::vector<HostUpdate> updates(hosts.size());
  for (size_t i = 0; i < hosts.size(); ++i) updates[i].host_index = hosts[i];
  return updates;
}

}  // namespace

Run::Run(std::string id, RunPlan plan, absl::Time now, const RunParts& parts, OnOver on_over)
    : id_(std::move(id)),
      plan_(std::move(plan)),
      create_time_(now),
      parts_(parts),
      on_over_(std::move(on_over)),
      taken_up_(false),
      log_(std::make_shared<RunLog>(id_, parts.tails)),
      records_(plan_.hosts.size()),
      rollout_(plan_.rollout),
      locks_(parts.locks, plan_.spec.rollout().lock()) {}

Run::Run(std::string id, RunPlan plan, const RunPast& past, const RunParts& parts, OnOver on_over)
    : id_(std::move(id)),
      plan_(std::move(plan)),
      create_time_(past.create_time),
      parts_(parts),
      on_over_(std::move(on_over)),
      taken_up_(true),
      log_(std::make_shared<RunLog>(id_, parts.tails, RunLog::kTailBytes, past.last_sequence)),
      output_bytes_(past.output_bytes),
      records_(plan_.hosts.size()),
      rollout_(plan_.rollout, RolloutPastOf(past, plan_.hosts.size())),
      state_(past.state),
      why_(past.why),
      canceled_(past.end_state == v1::RUN_STATE_CANCELED),
      end_time_(past.end_time),
      lost_(past.lost),
      locks_(parts.locks, plan_.spec.rollout().lock()) {
  for (const auto& [host, time] : past.start_times) records_.NoteStart(host, time);
  for (size_t i = 0; i < past.ended.size(); ++i) records_.Note(past.ended[i], past.end_times[i]);
  for (const RunPast::Probe& probe : past.probes) records_.NoteProbe(probe.host, probe.outcome);
}

NewRun Run::Record() const {
  NewRun record;
  record.request_id = request_id();
  record.request_digest = plan_.request_digest;
  MutexLock lock(&mutex_);
  record.run = SnapshotAs(state_);
  return record;
}

EventBlock Run::FirstEvents() const {
  EventBlock block;
  block.Add(StateEvent(v1::RUN_STATE_RUNNING, {}));
  for (size_t first = 0; first < plan_.hosts.size(); first += kHostsPerEvent) {
    v1::Event event;
    event.mutable_hosts_added()->set_first_index(static_cast<uint32_t>(first));
    const size_t end = std::min(first + kHostsPerEvent, plan_.hosts.size());
    for (size_t i = first; i < end; ++i) *event.mutable_hosts_added()->add_hosts() = plan_.hosts[i];
    block.Add(event);
  }
  return block;
}

// --- What is to be done

void Run::Begin(engine::Job job, engine::Job probe, Reaches reaches) {
  const absl::Time now = absl::Now();
  MutexLock lock(&mutex_);
  if (concluded_) return;  // it was canceled before
  EndLost(now);
  probe_ = std::move(probe);
  reaches_ = std::move(reaches);
  if (terminal_size_ && job.setup.terminal) job.setup.terminal->size = *terminal_size_;
  if (input_ != nullptr) job.input = input_;  // else what it was prepared with: an artifact
  handle_ = parts_.engine->Start(std::move(job), NewRunObserver(shared_from_this()));
  SetDeadline();
  if (creator_watches_ == 0) AwaitCreator(taken_up_ ? kComeBack : kWatchFollows);
  if (state_ == v1::RUN_STATE_PAUSED) Do(rollout_.Pause(), now);
  Do(rollout_.Begin(), now);
}

void Run::SetInput(std::shared_ptr<RunInput> input) {
  MutexLock lock(&mutex_);
  input_ = std::move(input);
}

std::shared_ptr<RunInput> Run::input() const {
  MutexLock lock(&mutex_);
  return input_;
}

void Run::Close(const Why& why) {
  const absl::Time now = absl::Now();
  MutexLock lock(&mutex_);
  const bool all_ended = AllHostsEnded();
  canceled_ = (why.reason == v1::RUN_REASON_DAEMON_STOPPED && !all_ended) || WasBeingCanceled();
  EndLost(now);
  if (!all_ended) Do(rollout_.Stop(why), now);
  Do(rollout_.Begin(), now);
}

bool Run::WasBeingCanceled() const {
  switch (why_.reason) {
    case v1::RUN_REASON_TOO_MANY_FAILED:
    case v1::RUN_REASON_LOCK_FULL:
    case v1::RUN_REASON_DAEMON_LOST:
    case v1::RUN_REASON_NOT_CONTINUED:
      return false;
    default:
      return state_ == v1::RUN_STATE_STOPPING;
  }
}

void Run::CloseAsLogged() {
  MutexLock lock(&mutex_);
  concluded_ = true;
  QueueEnd(/*logged=*/true);
}

void Run::Do(const RolloutActions& actions, absl::Time now) {
  if (actions.running) {
    SetState(*actions.running ? v1::RUN_STATE_RUNNING : v1::RUN_STATE_PAUSED, actions.why, now);
    if (handle_ != nullptr) handle_->SetPaused(!*actions.running);
  }
  if (actions.stop) StopStarting(actions, now);
  EndHosts(UpdatesOf(actions.not_started),
           Outcome(v1::HOST_STATE_NOT_STARTED, v1::CAUSE_UNSPECIFIED, actions.why.message), now);
  if (actions.batch && rollout_.batch_count() > 1) {
    v1::Event event;
    event.mutable_batch_started()->set_batch(*actions.batch);
    event.mutable_batch_started()->set_hosts(actions.batch_hosts);
    Append(event, now);
  }
  StartHosts(actions.start, now);
  StartProbes(actions.probe);
  if (actions.timer) SetTimer(*actions.timer);
  if (actions.over) Conclude(now);
}

void Run::Append(const v1::Event& event, absl::Time now) {
  EventBlock block;
  block.Add(event);
  parts_.journal->Append(log_, std::move(block), now);
}

void Run::SetState(v1::RunState state, const Why& why, absl::Time now) {
  if (state_ == state) return;
  state_ = state;
  why_ = why;
  Append(StateEvent(state, why), now);
}

void Run::StopStarting(const RolloutActions& actions, absl::Time now) {
  SetState(v1::RUN_STATE_STOPPING, actions.why, now);
  if (handle_ == nullptr) return;
  handle_->SetPaused(false);
  handle_->StopStarting(actions.why.message);
  // The engine ends those that still wait for their locks.
  AddToEngine(locks_.GiveUp());
}

void Run::StartHosts(const std::vector<uint32_t>& hosts, absl::Time now) {
  if (locks_.wanted()) return LockHosts(hosts, now);
  AddToEngine(hosts);
}

void Run::AddToEngine(const std::vector<uint32_t>& hosts) {
  if (!hosts.empty()) handle_->Add(EngineHosts(hosts));
}

// Those that wait in vain for a place in line end with the rest of the run.
void Run::LockHosts(const std::vector<uint32_t>& hosts, absl::Time now) {
  absl::Status status;
  for (const uint32_t host : hosts) status.Update(locks_.Ask(EngineHost(host), handle_));
  if (status.ok()) return;
  Do(rollout_.Stop({v1::RUN_REASON_LOCK_FULL, std::string(status.message()), ""}), now);
}

engine::Host Run::EngineHost(uint32_t index) const {
  const v1::RunHost& host = plan_.hosts[index];
  const Reach& reach = ReachOf(reaches_, index);
  engine::Host to = {index,
                     host.address(),
                     static_cast<uint16_t>(host.port()),
                     host.user(),
                     reach.access,
                     nullptr,
                     reach.host_key_alias,
                     reach.proxy_command,
                     reach.setup};
  std::string prefix = HostPrefix(plan_.differing, host, index);
  if (!prefix.empty()) to.line_prefix = std::make_shared<const std::string>(std::move(prefix));
  return to;
}

std::vector<engine::Host> Run::EngineHosts(const std::vector<uint32_t>& indexes) const {
  std::vector<engine::Host> hosts;
  hosts.reserve(indexes.size());
  for (const uint32_t index : indexes) hosts.push_back(EngineHost(index));
  return hosts;
}

void Run::StartProbes(const std::vector<uint32_t>& hosts) {
  if (hosts.empty()) return;
  probe_handle_ = parts_.engine->Start(probe_, NewProbeObserver(shared_from_this()));
  if (terminal_size_) probe_handle_->ResizeTerminals(*terminal_size_);
  probe_handle_->Add(EngineHosts(hosts));
  probe_handle_->Finish();
}

void Run::SetTimer(absl::Duration wait) {
  timer_ = parts_.timers->After(wait, [weak = weak_from_this()] {
    const std::shared_ptr<Run> run = weak.lock();
    if (run != nullptr) run->OnTimer();
  });
}

void Run::OnTimer() {
  MutexLock lock(&mutex_);
  if (!concluded_ && !frozen_) Do(rollout_.TimerFired(), absl::Now());
}

void Run::SetDeadline() {
  const absl::Duration limit = ToDuration(plan_.spec.timeouts().run());
  if (limit <= absl::ZeroDuration()) return;
  const absl::Duration left = create_time_ + limit - absl::Now();
  deadline_ = parts_.timers->After(left, [weak = weak_from_this(), limit] {
    const std::shared_ptr<Run> run = weak.lock();
    if (run == nullptr) return;
    run->Cancel(
        {v1::RUN_REASON_TIMEOUT,
         absl::StrCat("the run took longer than ", absl::FormatDuration(limit), " (run timeout)."),
         ""});
  });
}

// --- Its creator

void Run::OnCreatorCame() {
  MutexLock lock(&mutex_);
  ++creator_watches_;
  creator_ = nullptr;
}

void Run::OnCreatorLeft() {
  MutexLock lock(&mutex_);
  if (--creator_watches_ == 0) AwaitCreator(absl::ZeroDuration());
}

void Run::AwaitCreator(absl::Duration at_least) {
  if (!plan_.spec.has_cancel_after_disconnect() || concluded_) return;
  const absl::Duration wait = std::max(at_least, ToDuration(plan_.spec.cancel_after_disconnect()));
  creator_ = parts_.timers->After(wait, [weak = weak_from_this()] {
    const std::shared_ptr<Run> run = weak.lock();
    if (run != nullptr) run->OnCreatorGone();
  });
}

void Run::OnCreatorGone() {
  {
    MutexLock lock(&mutex_);
    if (creator_watches_ > 0) return;
  }
  Cancel(
      {v1::RUN_REASON_CALLER_GONE, "the run was canceled, as its caller was gone.", plan_.creator});
}

// --- Lifecycle

absl::Status Run::HasEnded() const {
  return WithReason(absl::FailedPreconditionError(absl::StrCat("run ", id_, " has ended")),
                    v1::ERROR_REASON_RUN_STATE);
}

absl::Status Run::CheckRunning() const {
  if (concluded_ || IsTerminal(state_)) return HasEnded();
  if (state_ == v1::RUN_STATE_STOPPING) {
    return WithReason(
        absl::FailedPreconditionError(absl::StrCat("run ", id_, " is stopping: ", why_.message)),
        v1::ERROR_REASON_RUN_STATE);
  }
  return absl::OkStatus();
}

absl::Status Run::Pause(const std::string& by) {
  MutexLock lock(&mutex_);
  const absl::Status running = CheckRunning();
  if (!running.ok()) return running;
  RolloutActions actions = rollout_.Pause();
  actions.why.by = by;
  Do(actions, absl::Now());
  return running;
}

absl::Status Run::Resume() {
  MutexLock lock(&mutex_);
  const absl::Status running = CheckRunning();
  if (running.ok()) Do(rollout_.Resume(), absl::Now());
  return running;
}

absl::Status Run::ResizeTerminals(engine::TerminalSize size) {
  MutexLock lock(&mutex_);
  if (!plan_.spec.has_terminal()) {
    return WithReason(absl::FailedPreconditionError(absl::StrCat(
                          "run ", id_, " has no terminals: its spec.terminal is not set")),
                      v1::ERROR_REASON_RUN_STATE);
  }
  if (concluded_ || IsTerminal(state_)) return HasEnded();
  terminal_size_ = size;
  if (handle_ != nullptr) handle_->ResizeTerminals(size);
  if (probe_handle_ != nullptr) probe_handle_->ResizeTerminals(size);
  return absl::OkStatus();
}

absl::Status Run::WaitUntilWritten() const {
  auto written = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> result = written->get_future();
  parts_.journal->Flush([written](absl::Status status) { written->set_value(std::move(status)); });
  return result.get();
}

void Run::Cancel(const Why& why) {
  MutexLock lock(&mutex_);
  if (concluded_ || frozen_ || std::exchange(canceled_, true)) return;
  const std::shared_ptr<engine::RunHandle> handle = handle_;
  Do(rollout_.Stop(why), absl::Now());
  if (handle != nullptr) handle->Cancel();
  if (probe_handle_ != nullptr) probe_handle_->Cancel();
}

void Run::Interrupt() {
  if (!plan_.spec.continue_after_restart()) return Cancel(DaemonStops());
  MutexLock lock(&mutex_);
  if (handle_ != nullptr) handle_->SetPaused(true);
}

// --- What happens to the hosts

size_t Run::ReserveOutput(size_t bytes) {
  const uint64_t before = output_bytes_.fetch_add(bytes);
  if (before + bytes <= plan_.max_output_bytes) return bytes;
  const size_t fit =
      before < plan_.max_output_bytes ? static_cast<size_t>(plan_.max_output_bytes - before) : 0;
  output_bytes_ -= bytes - fit;
  return fit;
}

void Run::AskToStart(std::vector<uint32_t> hosts, absl::Duration patience,
                     std::shared_ptr<engine::LoopControl> control) {
  if (frozen_) return;
  std::vector<uint32_t> granted = hosts;
  parts_.journal->Start(
      log_, std::move(hosts), patience,
      [control = std::move(control), granted = std::move(granted)](absl::Status status) mutable {
        if (!status.ok()) return;
        PassCrashPoint(CrashPoint::kGrantBefore);
        control->Grant(std::move(granted));
        PassCrashPoint(CrashPoint::kGrantAfter);
      });
}

// Each loop appends before it notes: nothing can come after the run's end.
void Run::Commit(EventBlock events, const std::vector<HostUpdate>& updates, absl::Time now) {
  if (frozen_) return;
  parts_.journal->Append(log_, std::move(events), now);
  if (updates.empty()) return;
  MutexLock lock(&mutex_);
  for (const HostUpdate& update : updates) {
    records_.Note(update, now);
    if (!IsTerminal(update.state)) continue;
    locks_.Release(update.host_index);
    Do(rollout_.HostEnded(update.host_index, update.state == v1::HOST_STATE_SUCCEEDED), now);
  }
}

void Run::OnProbe(uint32_t host, v1::HostOutcome outcome, std::string output, absl::Time now) {
  if (frozen_) return;
  v1::Event event;
  v1::ProbeFinished* finished = event.mutable_probe_finished();
  finished->set_host_index(host);
  *finished->mutable_outcome() = outcome;
  finished->set_output(std::move(output));
  MutexLock lock(&mutex_);
  Append(event, now);
  const bool well = outcome.state() == v1::HOST_STATE_SUCCEEDED;
  records_.NoteProbe(host, std::move(outcome));
  Do(rollout_.ProbeEnded(host, well), now);
}

bool Run::AllHostsEnded() const {
  for (uint32_t i = 0; i < records_.size(); ++i) {
    if (!records_.ended(i)) return false;
  }
  return true;
}

void Run::EndHosts(std::vector<HostUpdate> hosts, const v1::HostOutcome& outcome, absl::Time now) {
  EventBlock block;
  for (HostUpdate& host : hosts) {
    v1::Event event;
    event.mutable_host_finished()->set_host_index(host.host_index);
    *event.mutable_host_finished()->mutable_outcome() = outcome;
    block.Add(event);
    host.state = outcome.state();
    host.outcome = outcome;
    records_.Note(host, now);
    if (block.size() >= kBlockBytes) parts_.journal->Append(log_, block.TakeCopy(), now);
  }
  parts_.journal->Append(log_, std::move(block), now);
}

void Run::EndLost(absl::Time now) {
  EndHosts(std::exchange(lost_, {}),
           Outcome(v1::HOST_STATE_OUTCOME_UNKNOWN, v1::CAUSE_DAEMON_LOST, kLost), now);
}

// --- The end

void Run::Conclude(absl::Time now) {
  concluded_ = true;
  end_time_ = now;
  if (handle_ != nullptr) handle_->Finish();
  handle_ = nullptr;
  probe_handle_ = nullptr;
  reaches_ = {Reach()};
  if (input_ != nullptr) input_->Close();
  QueueEnd(/*logged=*/false);
}

// The results of many hosts are no work for a loop.
void Run::QueueEnd(bool logged) {
  if (plan_.hosts.size() <= kFewHosts) return WriteEnd(logged);
  parts_.helpers->Run([self = shared_from_this(), logged] {
    MutexLock lock(&self->mutex_);
    self->WriteEnd(logged);
  });
}

v1::RunState Run::FinalState() const {
  if (records_.all_succeeded() && !records_.a_probe_failed()) return v1::RUN_STATE_SUCCEEDED;
  return canceled_ ? v1::RUN_STATE_CANCELED : v1::RUN_STATE_FAILED;
}

void Run::WriteEnd(bool logged) {
  const v1::Event last =
      StateEvent(FinalState(), FinalState() != v1::RUN_STATE_SUCCEEDED ? why_ : Why());
  EndedRun ended;
  ended.run = SnapshotAs(FinalState());
  for (uint32_t i = 0; i < plan_.hosts.size(); ++i) {
    ended.results.push_back(records_.Result(i, plan_.hosts[i]));
  }
  EventBlock block;
  if (!logged) block.Add(last);
  parts_.journal->End(
      std::move(ended), log_, std::move(block), end_time_,
      [self = shared_from_this()](const absl::Status& status) { self->OnEndWritten(status); });
}

void Run::OnEndWritten(const absl::Status& status) {
  if (status.ok()) {
    MutexLock lock(&mutex_);
    state_ = FinalState();
  }
  on_over_(shared_from_this());
}

bool Run::HaveEnded(absl::Span<const uint32_t> hosts) const {
  MutexLock lock(&mutex_);
  return absl::c_all_of(hosts, [&](uint32_t host) { return records_.ended(host); });
}

bool Run::over() const {
  MutexLock lock(&mutex_);
  return IsTerminal(state_);
}

v1::Run Run::Snapshot() const {
  MutexLock lock(&mutex_);
  return SnapshotAs(state_);
}

v1::Run Run::Summary() const {
  MutexLock lock(&mutex_);
  v1::Run run = WithoutSpec(state_);
  *run.mutable_spec()->mutable_labels() = plan_.spec.labels();
  return run;
}

v1::Run Run::SnapshotAs(v1::RunState state) const {
  v1::Run run = WithoutSpec(state);
  *run.mutable_spec() = plan_.spec;
  return run;
}

v1::Run Run::WithoutSpec(v1::RunState state) const {
  v1::Run run;
  run.set_id(id_);
  run.set_host_count(static_cast<uint32_t>(plan_.hosts.size()));
  run.set_creator(plan_.creator);
  run.set_rerun_of(plan_.rerun_of);
  *run.mutable_create_time() = TimestampOf(create_time_);
  for (const std::string& warning : plan_.warnings) run.add_warnings(warning);
  if (plan_.new_host_keys != nullptr) TellNewHostKeys(plan_, &run);
  if (plan_.refused_environment != nullptr) {
    TellRefusedEnvironment(*plan_.refused_environment, &run);
  }
  run.set_state(state);
  *run.mutable_start_time() = run.create_time();
  if (state != v1::RUN_STATE_SUCCEEDED) {
    run.set_message(why_.message);
    run.set_reason(why_.reason);
    run.set_reason_by(why_.by);
  }
  records_.FillIn(&run);
  if (IsTerminal(state)) *run.mutable_end_time() = TimestampOf(end_time_);
  run.set_batch(rollout_.batch());
  run.set_batch_count(rollout_.batch_count());
  run.set_last_sequence(log_->last_sequence());
  return run;
}

uint32_t Run::Results(uint32_t first, uint32_t limit, const std::vector<int>& states,
                      std::vector<v1::HostResult>* results) const {
  MutexLock lock(&mutex_);
  uint32_t index = first;
  for (; index < records_.size() && results->size() < limit; ++index) {
    const bool wanted = states.empty() || std::find(states.begin(), states.end(),
                                                    records_.state(index)) != states.end();
    if (wanted) results->push_back(records_.Result(index, plan_.hosts[index]));
  }
  return index;
}

}  // namespace muster::service
