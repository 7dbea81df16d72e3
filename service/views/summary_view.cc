#include "service/views/summary_view.h"

#include <utility>

namespace muster::service {

SummaryView::SummaryView(v1::Run run)
    : run_(std::move(run)),
      states_(run_.host_count(), v1::HOST_STATE_QUEUED),
      counts_(v1::HostState_ARRAYSIZE) {
  run_.set_state(v1::RUN_STATE_RUNNING);
  run_.clear_host_state_counts();
  run_.clear_end_time();
  run_.clear_last_sequence();
  run_.clear_omitted_bytes();
  run_.clear_message();
  run_.clear_batch();
  counts_[v1::HOST_STATE_QUEUED] = run_.host_count();
}

absl::Status SummaryView::Add(absl::string_view block, uint64_t last_sequence) {
  changed_ = true;
  run_.set_last_sequence(last_sequence);
  return ScanEvents(block, [this](const ScannedEvent& event) {
    if (!event.is_output) Apply(event.event);
  });
}

void SummaryView::Apply(const v1::Event& event) {
  switch (event.kind_case()) {
    case v1::Event::kRunState:
      run_.set_state(event.run_state().state());
      run_.set_message(event.run_state().message());
      if (run_.state() >= v1::RUN_STATE_SUCCEEDED) EndRun(event);
      break;
    case v1::Event::kHostState:
      SetHost(event.host_state().host_index(), event.host_state().state());
      break;
    case v1::Event::kHostFinished:
      SetHost(event.host_finished().host_index(), event.host_finished().outcome().state());
      break;
    case v1::Event::kOutputOmitted:
      run_.set_omitted_bytes(run_.omitted_bytes() + event.output_omitted().bytes());
      break;
    case v1::Event::kBatchStarted:
      run_.set_batch(event.batch_started().batch());
      break;
    default:
      break;
  }
}

void SummaryView::EndRun(const v1::Event& event) {
  over_ = true;
  *run_.mutable_end_time() = event.time();
}

void SummaryView::SetHost(uint32_t host, v1::HostState state) {
  if (host >= states_.size() || !v1::HostState_IsValid(state)) return;
  --counts_[states_[host]];
  states_[host] = static_cast<uint8_t>(state);
  ++counts_[state];
}

absl::Time SummaryView::due() const {
  if (!changed_) return absl::InfiniteFuture();
  return over_ ? absl::InfinitePast() : taken_ + kInterval;
}

absl::optional<v1::Run> SummaryView::Take(absl::Time now) {
  if (now < due()) return absl::nullopt;
  changed_ = false;
  taken_ = now;
  return Snapshot();
}

v1::Run SummaryView::Snapshot() const {
  v1::Run run = run_;
  for (size_t state = 0; state < counts_.size(); ++state) {
    if (counts_[state] == 0) continue;
    v1::HostStateCount* count = run.add_host_state_counts();
    count->set_state(static_cast<v1::HostState>(state));
    count->set_hosts(counts_[state]);
  }
  return run;
}

}  // namespace muster::service
