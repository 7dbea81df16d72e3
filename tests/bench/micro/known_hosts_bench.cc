// Look-ups of host keys among ten thousand lines. Each new session asks twice: KeyTypes, Check.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ssh_engine/host_keys/known_hosts.h"

namespace muster::engine {
namespace {

constexpr int kLines = 10000;
constexpr char kType[] = "ssh-ed25519";

// In the wire format; each host has its own.
std::string Key(int host) {
  return absl::StrCat(std::string("\0\0\0\x0b", 4), kType, std::string("\0\0\0\x20", 4),
                      absl::StrFormat("%032d", host));
}

std::string Name(int host) { return absl::StrCat("node", host, ".example.com"); }

// As `ssh-keygen -H` writes it: |1|salt|HMAC-SHA1 of the name.
std::string HashedName(int host) {
  const std::string salt = absl::StrFormat("%020d", host);
  const std::string name = Name(host);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha1(), salt.data(), static_cast<int>(salt.size()),
       reinterpret_cast<const unsigned char*>(name.data()), name.size(), digest, &size);
  const absl::string_view bytes(reinterpret_cast<const char*>(digest), size);
  return absl::StrCat("|1|", absl::Base64Escape(salt), "|", absl::Base64Escape(bytes));
}

// A pattern that is this host's alone.
std::string Wildcard(int host) { return absl::StrCat("node", host, ".*"); }

// A file that is there as long as this is.
class File {
 public:
  explicit File(absl::FunctionRef<std::string(int)> name) {
    close(mkstemp(path_.data()));
    std::ofstream file(path_);
    for (int i = 0; i < kLines; ++i) {
      file << name(i) << ' ' << kType << ' ' << absl::Base64Escape(Key(i)) << '\n';
    }
  }
  ~File() { unlink(path_.c_str()); }
  std::shared_ptr<KnownHosts> Load() const { return *LoadKnownHosts({path_}, ""); }

 private:
  std::string path_ = "/tmp/known_hosts_bench.XXXXXX";
};

void Load(benchmark::State& state, std::string (*name)(int)) {
  const File file(name);
  for (auto _ : state) benchmark::DoNotOptimize(file.Load());
  state.SetItemsProcessed(state.iterations() * kLines);
}
BENCHMARK_CAPTURE(Load, plain, Name)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Load, hashed, HashedName)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(Load, wildcards, Wildcard)->Unit(benchmark::kMillisecond);

// As a host's task does, on a helper thread where it has to.
KnownHosts::Lookup CheckWith(const KnownHosts& known_hosts, const std::string& host, uint16_t port,
                             const std::string& key) {
  const KnownHosts::Lookup lookup = known_hosts.Check(host, port, kType, key);
  if (lookup.verdict != KnownHosts::Verdict::kUnsearched) return lookup;
  known_hosts.Search(host, port);
  return known_hosts.Check(host, port, kType, key);
}

// Names that were never asked for, one after the other; at port 2222 they are found by their bare
// names, which takes two look-ups.
void CheckNewName(benchmark::State& state, std::string (*name)(int), uint16_t port) {
  const std::shared_ptr<KnownHosts> known_hosts = File(name).Load();
  int host = 0;
  for (auto _ : state) {
    const auto lookup = CheckWith(*known_hosts, Name(host), port, Key(host));
    if (lookup.verdict != KnownHosts::Verdict::kMatch) state.SkipWithError("not found");
    host = (host + 1) % kLines;
  }
}
BENCHMARK_CAPTURE(CheckNewName, plain, Name, 22);
BENCHMARK_CAPTURE(CheckNewName, plain_other_port, Name, 2222);
BENCHMARK_CAPTURE(CheckNewName, hashed, HashedName, 22)->Iterations(500);
BENCHMARK_CAPTURE(CheckNewName, hashed_other_port, HashedName, 2222)->Iterations(500);
BENCHMARK_CAPTURE(CheckNewName, wildcards, Wildcard, 22);

// The same name again.
void CheckAgain(benchmark::State& state, std::string (*name)(int)) {
  const std::shared_ptr<KnownHosts> known_hosts = File(name).Load();
  const std::string host = Name(kLines / 2), key = Key(kLines / 2);
  for (auto _ : state) benchmark::DoNotOptimize(known_hosts->Check(host, 22, kType, key));
}
BENCHMARK_CAPTURE(CheckAgain, plain, Name);
BENCHMARK_CAPTURE(CheckAgain, hashed, HashedName);

void CheckUnknown(benchmark::State& state, std::string (*name)(int)) {
  const std::shared_ptr<KnownHosts> known_hosts = File(name).Load();
  int host = kLines;
  for (auto _ : state) {
    ++host;
    benchmark::DoNotOptimize(CheckWith(*known_hosts, Name(host), 22, Key(host)));
  }
}
BENCHMARK_CAPTURE(CheckUnknown, plain, Name);
BENCHMARK_CAPTURE(CheckUnknown, hashed, HashedName)->Iterations(500);
BENCHMARK_CAPTURE(CheckUnknown, wildcards, Wildcard);

void KeyTypes(benchmark::State& state, std::string (*name)(int)) {
  const std::shared_ptr<KnownHosts> known_hosts = File(name).Load();
  const std::string host = Name(kLines / 2);
  for (auto _ : state) benchmark::DoNotOptimize(known_hosts->KeyTypes(host, 22));
}
BENCHMARK_CAPTURE(KeyTypes, plain, Name);
BENCHMARK_CAPTURE(KeyTypes, hashed, HashedName);

}  // namespace
}  // namespace muster::engine
