#include "service/runs/run_observer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "service/runs/host_event_sink.h"
#include "service/runs/outcome_proto.h"

namespace muster::service {
namespace {

// Where others are on their way to their start, one can wait for them, since one commit serves them
// all: for an eighth of the time that it took to get there. That is nothing to a host that answers
// fast, and saves most where servers are slow.
constexpr int kPatience = 8;
constexpr absl::Duration kMostPatience = absl::Milliseconds(100);

// What one loop knows of a host's output while it runs.
struct HostOutputCount {
  uint64_t kept = 0;
  uint64_t bytes[2] = {0, 0};    // of stdout and stderr, the omitted ones included
  uint64_t omitted[2] = {0, 0};  // once something is omitted, all that follows of the stream is
};

class RunLoopObserver final : public engine::LoopObserver {
 public:
  RunLoopObserver(std::shared_ptr<HostEventSink> sink, std::shared_ptr<engine::LoopControl> control)
      : sink_(std::move(sink)), control_(std::move(control)) {}

  void OnState(uint32_t host_index, engine::HostState state) override {
    pending_states_[host_index] = state;
    if (state < engine::HostState::kStarting) {
      unstarted_.insert(host_index);
    } else {
      ForgetUnstarted(host_index);
    }
  }
  void OnReady(uint32_t host_index, absl::Duration took) override {
    ready_.push_back(host_index);
    patience_ = std::min(patience_, took / kPatience);
    unstarted_.insert(host_index);
    asked_.insert(host_index);
  }
  void OnOutput(uint32_t host_index, engine::OutputStream stream,
                const engine::OutputChunk& chunk) override;
  void OnEnd(uint32_t host_index, const engine::HostOutcome& outcome) override;
  void Flush(absl::Time now) override;

 private:
  size_t Keep(HostOutputCount* count, absl::string_view bytes);
  void OnLimit(uint32_t host_index);
  // States that were passed within one turn of the loop are left out: most hosts that are fast
  // would fill the log with them.
  void AddState(uint32_t host_index);
  void AddOmitted(uint32_t host_index, const HostOutputCount& count);
  void AskToStart();
  void ForgetUnstarted(uint32_t host_index);

  const std::shared_ptr<HostEventSink> sink_;
  const std::shared_ptr<engine::LoopControl> control_;
  absl::flat_hash_set<uint32_t> unstarted_;  // out of the queue, and neither started nor ended
  absl::flat_hash_set<uint32_t> asked_;      // of these: only their leave to start is missing
  std::vector<uint32_t> ready_;              // of these: new ones
  absl::Duration patience_ = kMostPatience;  // of the new ones
  EventBlock block_;
  std::vector<HostUpdate> updates_;
  absl::flat_hash_map<uint32_t, engine::HostState> pending_states_;
  absl::flat_hash_map<uint32_t, HostOutputCount> outputs_;
};

void RunLoopObserver::AddState(uint32_t host_index) {
  const auto it = pending_states_.find(host_index);
  if (it == pending_states_.end()) return;
  v1::Event event;
  event.mutable_host_state()->set_host_index(host_index);
  event.mutable_host_state()->set_state(ProtoOf(it->second));
  block_.Add(event);
  HostUpdate update;
  update.host_index = host_index;
  update.state = ProtoOf(it->second);
  updates_.push_back(std::move(update));
  pending_states_.erase(it);
}

// How much of it may be kept: whole lines, where not all of it.
size_t RunLoopObserver::Keep(HostOutputCount* count, absl::string_view bytes) {
  const uint64_t limit = sink_->plan().max_output_bytes_per_host;
  size_t kept = bytes.size();
  if (limit > 0) kept = static_cast<size_t>(std::min<uint64_t>(kept, limit - count->kept));
  const size_t reserved = sink_->ReserveOutput(kept);
  kept = reserved;
  if (kept < bytes.size()) {
    const size_t line_end = bytes.substr(0, kept).rfind('\n');
    kept = line_end == absl::string_view::npos ? 0 : line_end + 1;
    sink_->ReturnOutput(reserved - kept);
  }
  count->kept += kept;
  return kept;
}

void RunLoopObserver::OnOutput(uint32_t host_index, engine::OutputStream stream,
                               const engine::OutputChunk& chunk) {
  AddState(host_index);
  HostOutputCount& count = outputs_[host_index];
  const int which = stream == engine::OutputStream::kStdout ? 0 : 1;
  count.bytes[which] += chunk.bytes.size();
  const size_t kept = count.omitted[which] > 0 ? 0 : Keep(&count, chunk.bytes);
  if (kept > 0) {
    const bool whole = kept == chunk.bytes.size();
    block_.AddOutput(host_index, static_cast<v1::OutputStream>(stream), chunk.bytes.substr(0, kept),
                     whole && chunk.unterminated, whole && chunk.split);
  }
  if (kept == chunk.bytes.size()) return;
  if (count.omitted[0] + count.omitted[1] == 0) OnLimit(host_index);
  count.omitted[which] += chunk.bytes.size() - kept;
}

void RunLoopObserver::OnLimit(uint32_t host_index) {
  if (sink_->plan().spec.output_limits().policy() != v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST) return;
  control_->CancelHost(host_index, engine::Cause::kOutputLimit,
                       "the output limit of the host or of the run was reached.");
}

void RunLoopObserver::AddOmitted(uint32_t host_index, const HostOutputCount& count) {
  for (int which = 0; which < 2; ++which) {
    if (count.omitted[which] == 0) continue;
    v1::Event event;
    v1::OutputOmitted* omitted = event.mutable_output_omitted();
    omitted->set_host_index(host_index);
    omitted->set_stream(which == 0 ? v1::OUTPUT_STREAM_STDOUT : v1::OUTPUT_STREAM_STDERR);
    omitted->set_bytes(count.omitted[which]);
    block_.Add(event);
  }
}

void RunLoopObserver::OnEnd(uint32_t host_index, const engine::HostOutcome& outcome) {
  pending_states_.erase(host_index);
  ForgetUnstarted(host_index);
  HostUpdate update;
  update.host_index = host_index;
  update.state = ProtoOf(outcome.state);
  update.outcome = ProtoOf(outcome, sink_->plan().hidden_paths);
  const auto it = outputs_.find(host_index);
  if (it != outputs_.end()) {
    AddOmitted(host_index, it->second);
    update.stdout_bytes = it->second.bytes[0];
    update.stderr_bytes = it->second.bytes[1];
    update.omitted_bytes = it->second.omitted[0] + it->second.omitted[1];
    outputs_.erase(it);
  }
  v1::Event event;
  event.mutable_host_finished()->set_host_index(host_index);
  *event.mutable_host_finished()->mutable_outcome() = update.outcome;
  block_.Add(event);
  updates_.push_back(std::move(update));
}

void RunLoopObserver::Flush(absl::Time now) {
  std::vector<uint32_t> waiting;
  for (const auto& entry : pending_states_) waiting.push_back(entry.first);
  for (const uint32_t host_index : waiting) AddState(host_index);
  sink_->Commit(block_.TakeCopy(), updates_, now);
  updates_.clear();
  if (!ready_.empty()) AskToStart();
}

void RunLoopObserver::ForgetUnstarted(uint32_t host_index) {
  unstarted_.erase(host_index);
  asked_.erase(host_index);
}

// Not for those that have ended since: the run may have ended with them, and then its end is queued
// already, after which nothing of it may be asked of the store.
void RunLoopObserver::AskToStart() {
  const auto gone = [this](uint32_t host) { return !asked_.contains(host); };
  ready_.erase(std::remove_if(ready_.begin(), ready_.end(), gone), ready_.end());
  if (ready_.empty()) return;
  const absl::Duration patience = std::exchange(patience_, kMostPatience);
  const bool others = asked_.size() < unstarted_.size();
  sink_->AskToStart(std::exchange(ready_, {}), others ? patience : absl::ZeroDuration(), control_);
}

class RunEngineObserver final : public engine::RunObserver {
 public:
  explicit RunEngineObserver(std::shared_ptr<HostEventSink> sink) : sink_(std::move(sink)) {}
  std::unique_ptr<engine::LoopObserver> ForLoop(
      int, std::shared_ptr<engine::LoopControl> control) override {
    return std::make_unique<RunLoopObserver>(sink_, std::move(control));
  }

 private:
  const std::shared_ptr<HostEventSink> sink_;
};

}  // namespace

std::shared_ptr<engine::RunObserver> NewRunObserver(std::shared_ptr<HostEventSink> sink) {
  return std::make_shared<RunEngineObserver>(std::move(sink));
}

}  // namespace muster::service
