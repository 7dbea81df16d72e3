#include "service/runs/run_records.h"

#include <utility>

#include "proto/contract/states.h"
#include "proto/contract/times.h"

namespace muster::service {
RunRecords::RunRecords(size_t hosts) : hosts_(hosts), counts_(v1::HostState_ARRAYSIZE) {
  counts_[v1::HOST_STATE_QUEUED] = static_cast<uint32_t>(hosts);
}

void RunRecords::Note(const HostUpdate& update, absl::Time now) {
  Record& host = hosts_[update.host_index];
  --counts_[host.state];
  host.state = update.state;
  ++counts_[host.state];
  // When a host started whose daemon was lost, nobody knows but the log.
  const bool starts =
      update.state != v1::HOST_STATE_NOT_STARTED && update.outcome.cause() != v1::CAUSE_DAEMON_LOST;
  if (host.start == absl::InfinitePast() && starts) host.start = now;
  if (!IsTerminal(update.state)) return;
  host.end = now;
  host.outcome = std::make_unique<v1::HostOutcome>(update.outcome);
  host.stdout_bytes = update.stdout_bytes;
  host.stderr_bytes = update.stderr_bytes;
  host.omitted_bytes = update.omitted_bytes;
  omitted_bytes_ += update.omitted_bytes;
}

void RunRecords::NoteProbe(uint32_t host, v1::HostOutcome outcome) {
  if (outcome.state() != v1::HOST_STATE_SUCCEEDED) probe_failed_ = true;
  hosts_[host].probe = std::make_unique<v1::HostOutcome>(std::move(outcome));
}

void RunRecords::FillIn(v1::Run* run) const {
  for (size_t state = 0; state < counts_.size(); ++state) {
    if (counts_[state] == 0) continue;
    v1::HostStateCount* count = run->add_host_state_counts();
    count->set_state(static_cast<v1::HostState>(state));
    count->set_hosts(counts_[state]);
  }
  run->set_omitted_bytes(omitted_bytes_);
}

v1::HostResult RunRecords::Result(uint32_t index, const v1::RunHost& who) const {
  const Record& host = hosts_[index];
  v1::HostResult result;
  result.set_host_index(index);
  *result.mutable_host() = who;
  result.set_state(host.state);
  if (host.outcome != nullptr) *result.mutable_outcome() = *host.outcome;
  if (host.probe != nullptr) *result.mutable_probe() = *host.probe;
  if (host.start != absl::InfinitePast()) *result.mutable_start_time() = TimestampOf(host.start);
  if (host.end != absl::InfinitePast()) *result.mutable_end_time() = TimestampOf(host.end);
  result.set_stdout_bytes(host.stdout_bytes);
  result.set_stderr_bytes(host.stderr_bytes);
  result.set_omitted_bytes(host.omitted_bytes);
  return result;
}

}  // namespace muster::service
