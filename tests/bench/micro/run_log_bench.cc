// The log of a run under writers and readers.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/events/event_block.h"
#include "service/log/run_log.h"

namespace muster::service {
namespace {

constexpr int kBlocksALog = 1024;  // then a new one is begun: memory stays small
constexpr size_t kReadBytes = 1 << 20;

EventBlock BlockOf(size_t bytes) {
  EventBlock block;
  block.AddOutput(9999, v1::OUTPUT_STREAM_STDOUT, std::string(bytes, 'x'), false, false);
  return block;
}

RunLog::Wakeups Publish(RunLog* log, EventBlock block) {
  const size_t count = block.count();
  const uint64_t first = log->Number(count);
  block.Stamp(first, absl::UnixEpoch());
  std::vector<RunLog::Block> blocks;
  blocks.push_back({first + count - 1, SliceOf(block.Take())});
  return log->Publish(std::move(blocks));
}

class IdleReader final : public LogReader {
 public:
  void OnLogGrown() override {}
};

struct Reader {
  std::shared_ptr<LogReader> reader = std::make_shared<IdleReader>();
  uint64_t position = 0;
};

// The copy of the block that is given away is measured too.
void Append(benchmark::State& state) {
  const EventBlock block = BlockOf(state.range(0));
  auto log = std::make_unique<RunLog>("r");
  int blocks = 0;
  for (auto _ : state) {
    if (++blocks % kBlocksALog == 0) log = std::make_unique<RunLog>("r");
    benchmark::DoNotOptimize(Publish(log.get(), block));
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(Append)->ArgName("bytes")->Arg(32)->Arg(4 << 10)->Arg(26 << 10)->Arg(64 << 10);

// One block for readers that all wait at the end: wakes them, and each reads and waits again.
void AppendForReaders(benchmark::State& state) {
  const EventBlock block = BlockOf(4 << 10);
  std::vector<Reader> readers(state.range(0));
  auto log = std::make_unique<RunLog>("r");
  int blocks = 0;
  for (auto _ : state) {
    if (++blocks % kBlocksALog == 0) {
      log = std::make_unique<RunLog>("r");
      readers = std::vector<Reader>(readers.size());
    }
    (void)Publish(log.get(), block);
    for (Reader& one : readers) {
      while (const auto batch = log->Read(one.position, kReadBytes, one.reader)) {
        one.position = batch->last_sequence;
      }
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(AppendForReaders)->ArgName("readers")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

// A watcher who comes late reads all that there is.
void ReadFromTheBeginning(benchmark::State& state) {
  RunLog log("r");
  const EventBlock block = BlockOf(state.range(0));
  for (int i = 0; i < kBlocksALog; ++i) (void)Publish(&log, block);
  for (auto _ : state) {
    Reader one;
    while (const auto batch = log.Read(one.position, kReadBytes, one.reader)) {
      one.position = batch->last_sequence;
    }
  }
  state.SetBytesProcessed(state.iterations() * log.tail_bytes());
}
BENCHMARK(ReadFromTheBeginning)->ArgName("block")->Arg(32)->Arg(4 << 10)->Arg(64 << 10);

}  // namespace
}  // namespace muster::service
