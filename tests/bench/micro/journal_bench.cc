// What the journal costs: on the loops' threads that queue, and on the one that writes.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "service/journal/journal.h"
#include "service/store/sqlite/sqlite_run_store.h"

namespace muster::service {
namespace {

// A store in a directory of its own.
class JournalBench {
 public:
  JournalBench() {
    std::string pattern = std::filesystem::temp_directory_path().string() + "/journal.XXXXXX";
    directory_ = mkdtemp(&pattern[0]);
    auto store = OpenRunStore(directory_);
    if (!store.ok()) std::abort();
    store_ = *std::move(store);
    journal_ = std::make_unique<Journal>(store_.get(), &tails_, JournalHooks());
    NewRun run;
    run.run.set_id("run");
    journal_->AddRun(run, log_, EventBlock(), absl::UnixEpoch(), [](absl::Status) {});
    Turn();
  }
  ~JournalBench() {
    journal_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  void Turn() {
    if (!journal_->Turn().ok()) std::abort();
  }
  Journal* journal() { return journal_.get(); }
  const std::shared_ptr<RunLog>& log() { return log_; }

 private:
  std::string directory_;
  TailMemory tails_{128 << 20};
  std::unique_ptr<RunStore> store_;
  std::shared_ptr<RunLog> log_ = std::make_shared<RunLog>("run", &tails_);
  std::unique_ptr<Journal> journal_;
};

EventBlock BlockOf(size_t bytes) {
  EventBlock block;
  block.AddOutput(9999, v1::OUTPUT_STREAM_STDOUT, std::string(bytes, 'x'), false, false);
  return block;
}

// In events of a kilobyte.
void AddLines(absl::string_view text, EventBlock* block) {
  for (size_t at = 0; at < text.size(); at += 1 << 10) {
    block->AddOutput(9999, v1::OUTPUT_STREAM_STDOUT, text.substr(at, 1 << 10), false, false);
  }
}

// A turn with hosts that each are about to start and have written a line, all that the store does
// included. An item is a host.
void TurnOfHosts(benchmark::State& state) {
  JournalBench bench;
  uint32_t host = 0;
  for (auto _ : state) {
    for (int i = 0; i < state.range(0); ++i) {
      EventBlock block = BlockOf(32);
      bench.journal()->Append(bench.log(), block.TakeCopy(), absl::UnixEpoch());
      bench.journal()->Start(bench.log(), {host++}, absl::ZeroDuration(), [](absl::Status) {});
    }
    bench.Turn();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(TurnOfHosts)->ArgName("hosts")->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

// Much output, in blocks as loops flush them, a megabyte a turn.
void AppendOutput(benchmark::State& state) {
  JournalBench bench;
  const size_t size = state.range(0);
  const int blocks = static_cast<int>((1 << 20) / size);
  EventBlock block;
  const std::string text(size, 'x');
  for (auto _ : state) {
    for (int i = 0; i < blocks; ++i) {
      AddLines(text, &block);
      bench.journal()->Append(bench.log(), block.TakeCopy(), absl::UnixEpoch());
    }
    bench.Turn();
  }
  state.SetBytesProcessed(state.iterations() * blocks * size);
}
BENCHMARK(AppendOutput)->ArgName("block")->Arg(1 << 10)->Arg(26 << 10)->Arg(64 << 10);

// The same, but the block is moved, so that the next one grows into new memory.
void AppendOutputMoved(benchmark::State& state) {
  JournalBench bench;
  const size_t size = state.range(0);
  const int blocks = static_cast<int>((1 << 20) / size);
  const std::string text(size, 'x');
  for (auto _ : state) {
    for (int i = 0; i < blocks; ++i) {
      EventBlock block;
      AddLines(text, &block);
      bench.journal()->Append(bench.log(), std::move(block), absl::UnixEpoch());
    }
    bench.Turn();
  }
  state.SetBytesProcessed(state.iterations() * blocks * size);
}
BENCHMARK(AppendOutputMoved)->ArgName("block")->Arg(1 << 10)->Arg(26 << 10)->Arg(64 << 10);

}  // namespace
}  // namespace muster::service
