// Output to lines: the path of every byte that a host sends.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "ssh_engine/action/line_assembler.h"

namespace muster::engine {
namespace {

constexpr size_t kMaxLine = 64 << 10;  // as the engine sets it
constexpr size_t kTextBytes = 1 << 20;

// Lines of 32 bytes.
std::string Lines() {
  std::string text;
  for (int i = 0; text.size() < kTextBytes; ++i) {
    text += absl::StrFormat("%05d one of the lines of a file\n", i);
  }
  return text;
}

// Feeds the text in pieces, as the network might.
void Feed(benchmark::State& state, const std::string& text, size_t piece) {
  for (auto _ : state) {
    LineAssembler lines(kMaxLine);
    size_t bytes = 0;
    const auto count = [&bytes](const OutputChunk& chunk) { bytes += chunk.bytes.size(); };
    for (size_t at = 0; at < text.size(); at += piece) {
      lines.Append(absl::string_view(text).substr(at, piece), count);
    }
    lines.Finish(count);
    if (bytes != text.size()) state.SkipWithError("bytes were lost");
  }
  state.SetBytesProcessed(state.iterations() * text.size());
}

// Each piece ends with a line: nothing is ever held.
void WholeLines(benchmark::State& state) { Feed(state, Lines(), state.range(0)); }
BENCHMARK(WholeLines)->ArgName("piece")->Arg(32)->Arg(4 << 10)->Arg(32 << 10);

// Each piece ends within a line.
void BrokenLines(benchmark::State& state) { Feed(state, Lines(), state.range(0)); }
BENCHMARK(BrokenLines)->ArgName("piece")->Arg(1)->Arg(7)->Arg(100)->Arg(4095)->Arg(32767);

// A line far past the limit, which is split.
void OneLongLine(benchmark::State& state) {
  Feed(state, std::string(kTextBytes, 'x'), state.range(0));
}
BENCHMARK(OneLongLine)->ArgName("piece")->Arg(100)->Arg(4 << 10)->Arg(32 << 10);

}  // namespace
}  // namespace muster::engine
