#include "service/runs/probe_observer.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/runs/host_event_sink.h"
#include "service/runs/outcome_proto.h"

namespace muster::service {
namespace {

constexpr size_t kMaxOutput = 4096;  // ProbeFinished.output

class ProbeLoopObserver final : public engine::LoopObserver {
 public:
  ProbeLoopObserver(std::shared_ptr<HostEventSink> sink,
                    std::shared_ptr<engine::LoopControl> control)
      : sink_(std::move(sink)), control_(std::move(control)) {}

  void OnState(uint32_t, engine::HostState) override {}
  // A probe bears being repeated: nothing is written down before it.
  void OnReady(uint32_t host_index, absl::Duration) override { control_->Grant({host_index}); }
  void OnOutput(uint32_t host_index, engine::OutputStream,
                const engine::OutputChunk& chunk) override {
    std::string& output = outputs_[host_index];
    if (output.size() >= kMaxOutput) return;
    const absl::string_view kept = chunk.bytes.substr(0, kMaxOutput - output.size());
    output.append(kept.data(), kept.size());
  }
  void OnEnd(uint32_t host_index, const engine::HostOutcome& outcome) override {
    ended_.push_back({host_index, ProtoOf(outcome, sink_->plan().hidden_paths)});
  }
  void Flush(absl::Time now) override {
    for (auto& ended : std::exchange(ended_, {})) {
      sink_->OnProbe(ended.first, std::move(ended.second), std::move(outputs_[ended.first]), now);
      outputs_.erase(ended.first);
    }
  }

 private:
  const std::shared_ptr<HostEventSink> sink_;
  const std::shared_ptr<engine::LoopControl> control_;
  absl::flat_hash_map<uint32_t, std::string> outputs_;
  std::vector<std::pair<uint32_t, v1::HostOutcome>> ended_;
};

class ProbeRunObserver final : public engine::RunObserver {
 public:
  explicit ProbeRunObserver(std::shared_ptr<HostEventSink> sink) : sink_(std::move(sink)) {}
  std::unique_ptr<engine::LoopObserver> ForLoop(
      int, std::shared_ptr<engine::LoopControl> control) override {
    return std::make_unique<ProbeLoopObserver>(sink_, std::move(control));
  }

 private:
  const std::shared_ptr<HostEventSink> sink_;
};

}  // namespace

std::shared_ptr<engine::RunObserver> NewProbeObserver(std::shared_ptr<HostEventSink> sink) {
  return std::make_shared<ProbeRunObserver>(std::move(sink));
}

}  // namespace muster::service
