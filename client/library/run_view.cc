#include "client/library/run_view.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/states.h"

namespace muster::client {

void RunView::SetRun(const v1::Run& run) {
  run_ = run;
  state_ = run.state();
  Resize(run.host_count());
}

void RunView::SetSummary(const v1::Run& run) {
  SetRun(run);
  told_ = {{v1::HOST_STATE_QUEUED, 0}};
  for (const v1::HostStateCount& count : run.host_state_counts()) {
    told_[count.state()] = count.hosts();
  }
}

void RunView::Apply(const v1::Event& event) {
  switch (event.kind_case()) {
    case v1::Event::kHostsAdded: {
      uint32_t index = event.hosts_added().first_index();
      Resize(index + static_cast<size_t>(event.hosts_added().hosts_size()));
      for (const v1::RunHost& host : event.hosts_added().hosts()) names_[index++] = host.name();
      break;
    }
    case v1::Event::kHostState:
      Advance(event.host_state().host_index(), event.host_state().state());
      break;
    case v1::Event::kHostFinished:
      Finish(event.host_finished().host_index(), event.host_finished().outcome());
      break;
    case v1::Event::kProbeFinished:
      FinishProbe(event.probe_finished().host_index(), event.probe_finished().outcome());
      break;
    case v1::Event::kRunState:
      state_ = event.run_state().state();
      break;
    case v1::Event::kBatchStarted:
      admitted_ += event.batch_started().hosts();
      break;
    case v1::Event::kOutput:
      Resize(event.output().host_index() + size_t{1});
      wrote_[event.output().host_index()] = true;
      break;
    default:
      break;
  }
}

void RunView::Apply(const v1::OutputGroup& group) {
  v1::OutputGroup& head = groups_[group.group()];
  if (group.has_outcome()) {
    head = group;
    for (std::string* text : {head.mutable_stdout(), head.mutable_stderr()}) text->clear();
  }
  for (const v1::HostRange& range : group.hosts()) {
    for (uint32_t host = range.first(); host <= range.last(); ++host) {
      Finish(host, head.outcome());
      if (head.stdout_bytes() + head.stderr_bytes() > 0) wrote_[host] = true;
    }
  }
}

void RunView::SetResult(const v1::HostResult& result) {
  told_.clear();
  Resize(result.host_index() + size_t{1});
  names_[result.host_index()] = result.host().name();
  if (result.stdout_bytes() + result.stderr_bytes() > 0) wrote_[result.host_index()] = true;
  if (IsTerminal(result.state())) {
    Finish(result.host_index(), result.outcome());
    if (result.has_probe()) FinishProbe(result.host_index(), result.probe());
  } else {
    SetState(result.host_index(), result.state());
  }
}

// The log may be behind what a host's result has told.
void RunView::Advance(uint32_t host_index, v1::HostState state) {
  Resize(host_index + size_t{1});
  if (!IsTerminal(states_[host_index])) SetState(host_index, state);
}

void RunView::Finish(uint32_t host_index, const v1::HostOutcome& outcome) {
  Resize(host_index + size_t{1});
  if (IsTerminal(states_[host_index])) return;
  SetState(host_index, outcome.state());
  if (outcome.state() != v1::HOST_STATE_SUCCEEDED) failures_.push_back({host_index, outcome});
}

void RunView::FinishProbe(uint32_t host_index, const v1::HostOutcome& outcome) {
  const auto same = [&](const Failure& failure) { return failure.host_index == host_index; };
  if (outcome.state() == v1::HOST_STATE_SUCCEEDED || absl::c_any_of(failed_probes_, same)) return;
  failed_probes_.push_back({host_index, outcome});
}

void RunView::Resize(size_t hosts) {
  if (hosts <= names_.size()) return;
  counts_[v1::HOST_STATE_QUEUED] += hosts - names_.size();
  names_.resize(hosts);
  states_.resize(hosts, v1::HOST_STATE_QUEUED);
  wrote_.resize(hosts);
}

void RunView::SetState(uint32_t host_index, v1::HostState state) {
  Resize(host_index + size_t{1});
  --counts_[states_[host_index]];
  states_[host_index] = state;
  ++counts_[state];
}

std::string RunView::NameOf(uint32_t host_index) const {
  if (host_index < names_.size() && !names_[host_index].empty()) return names_[host_index];
  return absl::StrCat("host#", host_index);
}

bool RunView::failures_wrote() const {
  return std::any_of(failures_.begin(), failures_.end(),
                     [this](const Failure& failure) { return wrote_[failure.host_index]; });
}

size_t RunView::done() const {
  const auto& counts = told_.empty() ? counts_ : told_;
  size_t done = 0;
  for (auto it = counts.lower_bound(kFirstTerminalState); it != counts.end(); ++it) {
    done += it->second;
  }
  return done;
}

}  // namespace muster::client
