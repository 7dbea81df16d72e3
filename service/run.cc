#include "service/run.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <utility>

#include "muster/v1/event.pb.h"

namespace muster::service {
namespace {

constexpr size_t kHostsPerEvent = 1000;

google::protobuf::Timestamp TimestampOf(absl::Time time) {
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(time));
}

bool IsTerminal(v1::HostState state) { return state >= v1::HOST_STATE_SUCCEEDED; }

}  // namespace

bool IsTerminal(v1::RunState state) { return state >= v1::RUN_STATE_SUCCEEDED; }

Run::Run(std::string id, RunPlan plan, absl::Time now, Reserve reserve)
    : id_(std::move(id)),
      plan_(std::move(plan)),
      create_time_(now),
      reserve_(std::move(reserve)),
      log_(std::make_shared<RunLog>(id_)),
      hosts_(plan_.hosts.size()),
      counts_(v1::HostState_ARRAYSIZE) {
  counts_[v1::HOST_STATE_QUEUED] = static_cast<uint32_t>(plan_.hosts.size());
  AppendBeginning(now);
}

void Run::AppendBeginning(absl::Time now) {
  EventBlock block;
  v1::Event state;
  state.mutable_run_state()->set_state(v1::RUN_STATE_RUNNING);
  block.Add(state);
  for (size_t first = 0; first < plan_.hosts.size(); first += kHostsPerEvent) {
    v1::Event event;
    event.mutable_hosts_added()->set_first_index(static_cast<uint32_t>(first));
    const size_t end = std::min(first + kHostsPerEvent, plan_.hosts.size());
    for (size_t i = first; i < end; ++i) *event.mutable_hosts_added()->add_hosts() = plan_.hosts[i];
    block.Add(event);
  }
  (void)AppendToLog(std::move(block), now);
}

RunLog::Wakeups Run::AppendToLog(EventBlock block, absl::Time now, bool last) {
  MutexLock lock(&append_mutex_);
  if (block.empty()) return RunLog::Wakeups();
  const size_t count = block.count();
  const uint64_t first = log_->Number(count);
  block.Stamp(first, now);
  std::vector<RunLog::Block> blocks;
  blocks.push_back({first + count - 1, SliceOf(block.Take())});
  return log_->Publish(std::move(blocks), last);
}

RunLog::Wakeups Run::AppendRunState(v1::RunState state, const std::string& message,
                                    absl::Time now) {
  v1::Event event;
  event.mutable_run_state()->set_state(state);
  event.mutable_run_state()->set_message(message);
  EventBlock block;
  block.Add(event);
  return AppendToLog(std::move(block), now, IsTerminal(state));
}

void Run::SetHandle(std::shared_ptr<engine::RunHandle> handle) {
  bool cancel;
  {
    MutexLock lock(&mutex_);
    cancel = state_ == v1::RUN_STATE_STOPPING;
    handle_ = handle;
  }
  if (cancel) handle->Cancel();
}

void Run::Cancel() { Stop("the run was canceled", false); }

void Run::Interrupt() { Stop("musterd is stopping", true); }

void Run::Stop(const char* why, bool interrupted) {
  RunLog::Wakeups wakeups;
  std::shared_ptr<engine::RunHandle> handle;
  {
    MutexLock lock(&mutex_);
    if (interrupted) interrupted_ = true;
    if (state_ != v1::RUN_STATE_RUNNING) return;
    state_ = v1::RUN_STATE_STOPPING;
    wakeups = AppendRunState(state_, why, absl::Now());
    handle = handle_;
  }
  if (handle != nullptr) handle->Cancel();
}

bool Run::ReserveOutput(size_t bytes) {
  const uint64_t before = output_bytes_.fetch_add(bytes);
  if (before + bytes <= plan_.max_output_bytes && reserve_(bytes)) return true;
  output_bytes_.fetch_sub(bytes);
  return false;
}

bool Run::Commit(EventBlock events, const std::vector<HostUpdate>& updates, absl::Time now) {
  // Woken last, so that who reads the last event finds the run over.
  const RunLog::Wakeups appended = AppendToLog(std::move(events), now);
  RunLog::Wakeups concluded;
  MutexLock lock(&mutex_);
  const bool was_over = ended_ == hosts_.size();
  for (const HostUpdate& update : updates) Note(update, now);
  if (was_over || ended_ < hosts_.size()) return false;
  concluded = Conclude(now);
  return true;
}

void Run::Note(const HostUpdate& update, absl::Time now) {
  HostRecord& host = hosts_[update.host_index];
  --counts_[host.state];
  host.state = update.state;
  ++counts_[host.state];
  if (host.start == absl::InfinitePast() && update.state != v1::HOST_STATE_NOT_STARTED) {
    host.start = now;
  }
  if (!IsTerminal(update.state)) return;
  ++ended_;
  host.end = now;
  host.outcome = std::make_unique<v1::HostOutcome>(update.outcome);
  host.stdout_bytes = update.stdout_bytes;
  host.stderr_bytes = update.stderr_bytes;
  host.omitted_bytes = update.omitted_bytes;
  omitted_bytes_ += update.omitted_bytes;
}

// Every loop appends before it notes: nothing can come after this.
RunLog::Wakeups Run::Conclude(absl::Time now) {
  const bool all_succeeded = counts_[v1::HOST_STATE_SUCCEEDED] == hosts_.size();
  const bool stopped = state_ == v1::RUN_STATE_STOPPING;
  state_ = all_succeeded ? v1::RUN_STATE_SUCCEEDED
           : stopped     ? v1::RUN_STATE_CANCELED
                         : v1::RUN_STATE_FAILED;
  end_time_ = now;
  handle_ = nullptr;
  return AppendRunState(state_, interrupted_ && !all_succeeded ? "musterd was stopped" : "", now);
}

bool Run::over() const {
  MutexLock lock(&mutex_);
  return IsTerminal(state_);
}

v1::Run Run::Snapshot() const {
  v1::Run run;
  run.set_id(id_);
  *run.mutable_spec() = plan_.spec;
  run.set_host_count(static_cast<uint32_t>(plan_.hosts.size()));
  run.set_creator(plan_.creator);
  *run.mutable_create_time() = TimestampOf(create_time_);
  for (const std::string& warning : plan_.warnings) run.add_warnings(warning);
  MutexLock lock(&mutex_);
  run.set_state(state_);
  for (size_t state = 0; state < counts_.size(); ++state) {
    if (counts_[state] == 0) continue;
    v1::HostStateCount* count = run.add_host_state_counts();
    count->set_state(static_cast<v1::HostState>(state));
    count->set_hosts(counts_[state]);
  }
  if (IsTerminal(state_)) *run.mutable_end_time() = TimestampOf(end_time_);
  run.set_omitted_bytes(omitted_bytes_);
  run.set_last_sequence(log_->last_sequence());
  return run;
}

uint32_t Run::Results(uint32_t first, uint32_t limit, const std::vector<int>& states,
                      std::vector<v1::HostResult>* results) const {
  MutexLock lock(&mutex_);
  uint32_t index = first;
  for (; index < hosts_.size() && results->size() < limit; ++index) {
    const HostRecord& host = hosts_[index];
    if (!states.empty() && std::find(states.begin(), states.end(), host.state) == states.end()) {
      continue;
    }
    v1::HostResult result;
    result.set_host_index(index);
    *result.mutable_host() = plan_.hosts[index];
    result.set_state(host.state);
    if (host.outcome != nullptr) *result.mutable_outcome() = *host.outcome;
    if (host.start != absl::InfinitePast()) *result.mutable_start_time() = TimestampOf(host.start);
    if (host.end != absl::InfinitePast()) *result.mutable_end_time() = TimestampOf(host.end);
    result.set_stdout_bytes(host.stdout_bytes);
    result.set_stderr_bytes(host.stderr_bytes);
    result.set_omitted_bytes(host.omitted_bytes);
    results->push_back(std::move(result));
  }
  return index;
}

}  // namespace muster::service
