// Events to bytes, once for all watchers.
#include <benchmark/benchmark.h>

#include <string>

#include "service/events/event_block.h"

namespace muster::service {
namespace {

constexpr size_t kFileBytes = 26 << 10;

// One host's file, in events of some bytes each, stamped and taken as the log does it.
void EncodeFile(benchmark::State& state) {
  const std::string text(state.range(0), 'x');
  for (auto _ : state) {
    EventBlock block;
    for (size_t done = 0; done < kFileBytes; done += text.size()) {
      block.AddOutput(9999, v1::OUTPUT_STREAM_STDOUT, text, false, false);
    }
    block.Stamp(1, absl::UnixEpoch());
    benchmark::DoNotOptimize(block.Take());
  }
  state.SetBytesProcessed(state.iterations() * kFileBytes);
}
BENCHMARK(EncodeFile)->ArgName("bytes_an_event")->Arg(32)->Arg(4 << 10)->Arg(kFileBytes);

// One turn of a loop with so many hosts that each sent a line.
void EncodeBatchOfHosts(benchmark::State& state) {
  const std::string line(32, 'x');
  for (auto _ : state) {
    EventBlock block;
    for (int host = 0; host < state.range(0); ++host) {
      block.AddOutput(host, v1::OUTPUT_STREAM_STDOUT, line, false, false);
    }
    block.Stamp(1, absl::UnixEpoch());
    benchmark::DoNotOptimize(block.Take());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(EncodeBatchOfHosts)->ArgName("hosts")->Arg(1)->Arg(16)->Arg(1000);

v1::Event Finished(const std::string& message) {
  v1::Event event;
  v1::HostFinished* result = event.mutable_host_finished();
  result->set_host_index(9999);
  result->mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
  result->mutable_outcome()->set_message(message);
  return event;
}

// An event by way of protobuf, as all but output are.
void EncodeOutcome(benchmark::State& state, const std::string& message) {
  for (auto _ : state) {
    const v1::Event event = Finished(message);
    EventBlock block;
    block.Add(event);
    block.Stamp(1, absl::UnixEpoch());
    benchmark::DoNotOptimize(block.Take());
  }
}
BENCHMARK_CAPTURE(EncodeOutcome, succeeded, "");
BENCHMARK_CAPTURE(EncodeOutcome, with_a_message, std::string(200, 'x'));

// What a watcher who begins within a block costs.
void SkipHalfABlock(benchmark::State& state) {
  EventBlock block;
  for (int i = 0; i < 1000; ++i) {
    block.AddOutput(i, v1::OUTPUT_STREAM_STDOUT, std::string(32, 'x'), false, false);
  }
  block.Stamp(1, absl::UnixEpoch());
  const std::string bytes = block.Take();
  for (auto _ : state) benchmark::DoNotOptimize(SkipEvents(bytes, 500));
}
BENCHMARK(SkipHalfABlock);

}  // namespace
}  // namespace muster::service
