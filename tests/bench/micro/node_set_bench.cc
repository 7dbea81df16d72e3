// Target expressions: what stands between a call and its first connection.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "proto/nodeset/node_set.h"
#include "proto/nodeset/target.h"

namespace muster {
namespace {

std::vector<std::string> Names(const std::string& expression) {
  std::vector<std::string> names;
  const std::vector<Target> targets = *ParseNodeSet(expression);
  for (const Target& target : targets) names.push_back(FormatTarget(target));
  return names;
}

void Parse(benchmark::State& state, const std::string& expression) {
  size_t hosts = 0;
  for (auto _ : state) {
    const absl::StatusOr<std::vector<Target>> targets = ParseNodeSet(expression);
    if (!targets.ok()) return state.SkipWithError(targets.status().ToString().c_str());
    hosts = targets->size();
  }
  state.SetItemsProcessed(state.iterations() * hosts);
}

void Fold(benchmark::State& state, const std::vector<std::string>& names) {
  for (auto _ : state) benchmark::DoNotOptimize(FoldNodeSet(names));
  state.SetItemsProcessed(state.iterations() * names.size());
}

// A third of 100 by 100, in no order.
std::vector<std::string> ScatteredNames() {
  std::vector<std::string> names = Names("r[1-100]n[1-100]");
  std::shuffle(names.begin(), names.end(), std::mt19937(1));
  names.resize(names.size() / 3);
  return names;
}

// Items are hosts.
BENCHMARK_CAPTURE(Parse, one, "web1");
BENCHMARK_CAPTURE(Parse, range, "node[1-10000]");
BENCHMARK_CAPTURE(Parse, padded_range, "node[00001-10000]");
BENCHMARK_CAPTURE(Parse, two_dimensions, "r[1-100]n[1-100].example.com");
BENCHMARK_CAPTURE(Parse, user_and_port, "ann@node[1-10000]:2222");
BENCHMARK_CAPTURE(Parse, difference, "node[1-10000]!node[5000-5999]");
BENCHMARK_CAPTURE(Parse, thousands_of_names, absl::StrJoin(Names("node[1-10000]"), ","));
BENCHMARK_CAPTURE(Parse, thousands_of_addresses, absl::StrJoin(Names("10.0.[0-39].[1-250]"), ","));

BENCHMARK_CAPTURE(Fold, range, Names("node[1-10000]"));
BENCHMARK_CAPTURE(Fold, every_second, Names("node[1-10000/2]"));
BENCHMARK_CAPTURE(Fold, two_dimensions, Names("r[1-100]n[1-100]"));
BENCHMARK_CAPTURE(Fold, addresses, Names("10.0.[0-39].[1-250]"));
BENCHMARK_CAPTURE(Fold, two_dimensions_scattered, ScatteredNames());

}  // namespace
}  // namespace muster
