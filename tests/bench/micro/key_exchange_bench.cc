// What a key exchange takes a loop at a time: its own public value when the server's KEXINIT (or
// group) has come, and the secret when its reply has.
#include <benchmark/benchmark.h>

#include "tests/ssh_engine/libssh/interposed/dhx.h"

namespace muster::engine {
namespace {

Number Modulus(const benchmark::State& state, bool known) {
  const auto bits = static_cast<int>(state.range(0));
  return known ? KnownPrime(bits) : UnknownModulus(bits);
}

void BM_Value(benchmark::State& state, bool known) {
  const DhKey group = NewGroup(Modulus(state, known).get());
  for (auto _ : state) benchmark::DoNotOptimize(GenerateIn(group.get()));
}

void BM_Secret(benchmark::State& state, bool known) {
  const DhKey group = NewGroup(Modulus(state, known).get());
  const DhKey own = GenerateIn(group.get());
  const Number value = Part(GenerateIn(group.get()).get(), OSSL_PKEY_PARAM_PUB_KEY);
  for (auto _ : state) {
    const DhKey peer = NewPeer(group.get(), value.get());
    if (SecretOf(own.get(), peer.get()).empty()) state.SkipWithError("no secret");
  }
}

// Group14, 16 and 18; and group exchange, of which the server chooses the modulus.
void Groups(benchmark::internal::Benchmark* bench) {
  bench->Arg(2048)->Arg(4096)->Arg(8192)->Unit(benchmark::kMillisecond);
}
void Moduli(benchmark::internal::Benchmark* bench) {
  bench->Arg(2048)->Arg(3072)->Arg(4096)->Arg(8192)->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(BM_Value, group, true)->Apply(Groups);
BENCHMARK_CAPTURE(BM_Secret, group, true)->Apply(Groups);
BENCHMARK_CAPTURE(BM_Value, exchange, false)->Apply(Moduli);
BENCHMARK_CAPTURE(BM_Secret, exchange, false)->Apply(Moduli);

}  // namespace
}  // namespace muster::engine
