// Folding the outputs of a whole fleet, for one watcher.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "service/events/event_block.h"
#include "service/watch/folded_view.h"

namespace muster::service {
namespace {

constexpr uint32_t kHosts = 10'000;
constexpr size_t kBytes = 26 << 10;
constexpr size_t kTakeBytes = 1 << 20;

std::string OutputOf(uint32_t host, uint32_t kinds) {
  std::string data(kBytes, 'x');
  const uint32_t kind = host % kinds;
  std::memcpy(&data[0], &kind, sizeof(kind));
  return data;
}

std::string Stamped(EventBlock* block) {
  block->Stamp(1, absl::UnixEpoch());
  return block->Take();
}

std::string EndOf(uint32_t host) {
  EventBlock block;
  v1::Event event;
  event.mutable_host_finished()->set_host_index(host);
  event.mutable_host_finished()->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
  block.Add(event);
  return Stamped(&block);
}

void MustAdd(const std::string& block, FoldedView* view) {
  if (!view->Add(block).ok()) std::abort();
}

// As many hosts are under way at a time as `in_flight`; their outputs are of so many `kinds`.
void FoldFleet(benchmark::State& state) {
  const auto in_flight = static_cast<uint32_t>(state.range(0));
  std::vector<std::string> outputs;
  for (uint32_t host = 0; host < in_flight; ++host) {
    EventBlock block;
    block.AddOutput(host, v1::OUTPUT_STREAM_STDOUT,
                    OutputOf(host, static_cast<uint32_t>(state.range(1))), false, false);
    outputs.push_back(Stamped(&block));
  }
  for (auto _ : state) {
    TextBudget texts(FoldedView::kTextBudgetBytes);
    FoldedView view(ViewFilter(), &texts);
    v1::WatchRunResponse response;
    for (uint32_t first = 0; first < kHosts; first += in_flight) {
      for (const std::string& output : outputs) MustAdd(output, &view);
      for (uint32_t host = 0; host < in_flight; ++host) MustAdd(EndOf(host), &view);
      for (; !view.empty(); response.Clear()) view.Take(kTakeBytes, &response);
    }
  }
  state.SetBytesProcessed(state.iterations() * kHosts * kBytes);
}
BENCHMARK(FoldFleet)
    ->ArgNames({"in_flight", "kinds"})
    ->Args({250, 1})
    ->Args({10'000, 1})
    ->Args({1000, 3})
    ->Args({1000, 1000})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace muster::service
