#include "service/prepare/ssh_algorithms.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"

namespace muster::service {
namespace {

using engine::AlgorithmChoice;
using engine::AlgorithmKind;
using engine::Algorithms;

}  // namespace

absl::StatusOr<Algorithms> SshAlgorithms::Of(const HostSettings& s,
                                             std::vector<std::string>* missing) {
  Algorithms algorithms;
  const struct {
    const char* keyword;
    AlgorithmKind kind;
    const absl::optional<std::string>& request;
    std::string* list;
  } lists[] = {
      {"KexAlgorithms", AlgorithmKind::kKeyExchange, s.kex_algorithms, &algorithms.key_exchanges},
      {"HostKeyAlgorithms", AlgorithmKind::kHostKey, s.host_key_algorithms, &algorithms.host_keys},
      {"Ciphers", AlgorithmKind::kCipher, s.ciphers, &algorithms.ciphers},
      {"MACs", AlgorithmKind::kMac, s.macs, &algorithms.macs},
      {"PubkeyAcceptedAlgorithms", AlgorithmKind::kSignature, s.pubkey_accepted_algorithms,
       &algorithms.signatures},
  };
  for (const auto& each : lists) {
    if (!each.request.has_value()) continue;
    const AlgorithmChoice& choice = Choose(each.kind, *each.request);
    if (choice.list.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(
          each.keyword, " ", *each.request, " leaves nothing that Muster's SSH library has"));
    }
    *each.list = choice.list;
    if (choice.missing.empty()) continue;
    missing->push_back(absl::StrCat(each.keyword, " ", absl::StrJoin(choice.missing, ",")));
  }
  // As ssh has it (sshconnect2.c, ssh_kex2): the order that was written down counts.
  const std::string keys = s.host_key_algorithms.value_or("+");
  algorithms.host_keys_in_this_order = !absl::StartsWith(keys, "+") && !absl::StartsWith(keys, "-");
  // OpenSSH's least is 1024 (ssh_config(5)), Muster's own the library's.
  algorithms.least_rsa_bits = s.required_rsa_size.value_or(0);
  algorithms.rekey_bytes = static_cast<uint64_t>(s.rekey_bytes);
  algorithms.rekey_interval = s.rekey_interval;
  algorithms.compression = s.compression;
  return algorithms;
}

const AlgorithmChoice& SshAlgorithms::Choose(AlgorithmKind kind, const std::string& request) {
  const auto [place, is_new] = choices_.try_emplace({kind, request});
  if (is_new) place->second = engine::ChooseAlgorithms(kind, request);
  return place->second;
}

}  // namespace muster::service
