// The store of runs on this machine's disk: TMPDIR, or /var/tmp.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "service/events/event_block.h"
#include "service/store/sqlite/sqlite_run_store.h"

namespace muster::service {
namespace {

constexpr size_t kBlockBytes = 64 * 1024;  // a loop's batch when there is much output
constexpr uint64_t kMaxLogBytes = 512 << 20;

// A store of its own in a folder that is removed at the end.
class Store {
 public:
  Store() {
    const char* folder = getenv("TMPDIR");
    std::string pattern = std::string(folder == nullptr ? "/var/tmp" : folder) + "/store.XXXXXX";
    folder_ = mkdtemp(&pattern[0]);
    store_ = *OpenRunStore(folder_);
  }
  ~Store() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  RunStore* operator->() const { return store_.get(); }

  void Commit(const JournalCommit& commit, benchmark::State* state) {
    const absl::Status status = store_->Commit(store_->fence(), commit);
    if (!status.ok()) state->SkipWithError(status.ToString().c_str());
  }
  void AddRun(const std::string& id, benchmark::State* state) {
    JournalCommit commit;
    commit.added.emplace_back().run.set_id(id);
    commit.added.back().run.mutable_spec()->mutable_command()->set_shell("uptime");
    Commit(commit, state);
  }

 private:
  std::string folder_;
  std::unique_ptr<RunStore> store_;
};

// Lines as services write them: a time, a level, a few words, numbers.
std::string LogLines(size_t bytes, uint64_t seed) {
  static constexpr const char* kWords[] = {
      "connection", "accepted", "from",   "request", "for",     "user",   "timeout",
      "after",      "retry",    "index",  "flushed", "segment", "cache",  "miss",
      "worker",     "finished", "status", "healthy", "GET",     "/api/v1"};
  std::string text;
  while (text.size() < bytes) {
    text += "2024-03-01T12:" + std::to_string(seed >> 40 & 31) + ":07Z INFO ";
    for (int i = 0; i < 8; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      text += kWords[(seed >> 33) % 20];
      text += ' ';
    }
    text += std::to_string(seed >> 44) + "\n";
  }
  text.resize(bytes);
  return text;
}

// Letters at random: nothing to save.
std::string NoiseLines(size_t bytes, uint64_t seed) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    text.push_back(i % 80 == 79 ? '\n' : static_cast<char>(33 + (seed >> 33) % 90));
  }
  return text;
}

std::vector<std::string> Blocks(bool noise, size_t bytes) {
  std::vector<std::string> blocks;
  for (uint64_t i = 1; i <= 16; ++i) {
    EventBlock block;
    block.AddOutput(1, v1::OUTPUT_STREAM_STDOUT, noise ? NoiseLines(bytes, i) : LogLines(bytes, i),
                    false, false);
    block.Stamp(i, absl::UnixEpoch());
    blocks.push_back(block.Take());
  }
  return blocks;
}

// CPU time is the store's own; real time has the disk in it, once it must be waited for.
void Append(benchmark::State& state) {
  const std::vector<std::string> blocks = Blocks(state.range(0) != 0, state.range(1));
  Store store;
  uint64_t next = 0;
  uint64_t bytes = 0;
  int run = 0;
  std::string id;
  for (auto _ : state) {
    if (next == 0 || bytes > kMaxLogBytes) {
      state.PauseTiming();
      id = "a" + std::to_string(++run);
      store.AddRun(id, &state);
      next = bytes = 0;
      state.ResumeTiming();
    }
    const std::string& block = blocks[next % blocks.size()];
    const absl::Status status = store->Append(store->fence(), id, {{++next, 1, block}});
    if (!status.ok()) state.SkipWithError(status.ToString().c_str());
    bytes += block.size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(blocks[0].size()));
}
BENCHMARK(Append)
    ->ArgNames({"noise", "bytes"})
    ->Args({0, 26 << 10})
    ->Args({0, kBlockBytes})
    ->Args({1, 26 << 10})
    ->Args({1, kBlockBytes})
    ->MinTime(2);

// A log of 256 MiB, in parts of a megabyte, from the page cache.
void Replay(benchmark::State& state) {
  const std::vector<std::string> blocks = Blocks(state.range(0) != 0, kBlockBytes);
  Store store;
  store.AddRun("a", &state);
  for (uint64_t next = 1; next <= 4096; ++next) {
    (void)store->Append(store->fence(), "a", {{next, 1, blocks[next % blocks.size()]}});
  }
  int64_t bytes = 0;
  for (auto _ : state) {
    LogPart part;
    do {
      absl::StatusOr<LogPart> read = store->Read("a", part.last_sequence, 1 << 20);
      if (!read.ok()) {
        state.SkipWithError(read.status().ToString().c_str());
        break;
      }
      part = *std::move(read);
      bytes += static_cast<int64_t>(part.bytes.size());
    } while (part.more);
  }
  state.SetBytesProcessed(bytes);
}
BENCHMARK(Replay)->ArgName("noise")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

// One commit, durable on return.
void Starting(benchmark::State& state) {
  Store store;
  store.AddRun("a", &state);
  JournalCommit commit;
  commit.starting.push_back({"a", std::vector<uint32_t>(state.range(0))});
  std::iota(commit.starting[0].host_indexes.begin(), commit.starting[0].host_indexes.end(), 0u);
  for (auto _ : state) store.Commit(commit, &state);
}
BENCHMARK(Starting)
    ->ArgName("hosts")
    ->Arg(1)
    ->Arg(100)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// The end of a run, with all results.
void End(benchmark::State& state) {
  Store store;
  std::vector<v1::HostResult> results(state.range(0));
  for (size_t i = 0; i < results.size(); ++i) {
    results[i].set_host_index(static_cast<uint32_t>(i));
    results[i].mutable_host()->set_name("web" + std::to_string(i) + ".example.com");
    results[i].mutable_host()->set_address("web" + std::to_string(i) + ".example.com");
    results[i].set_state(v1::HOST_STATE_SUCCEEDED);
    results[i].mutable_outcome()->set_state(v1::HOST_STATE_SUCCEEDED);
    results[i].mutable_outcome()->mutable_timings()->set_closed_us(123456);
  }
  int run = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const std::string id = "a" + std::to_string(++run);
    store.AddRun(id, &state);
    JournalCommit commit;
    commit.ended.emplace_back().run.set_id(id);
    commit.ended.back().results = results;
    state.ResumeTiming();
    store.Commit(commit, &state);
  }
}
BENCHMARK(End)
    ->ArgName("hosts")
    ->Arg(100)
    ->Arg(10000)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace muster::service
