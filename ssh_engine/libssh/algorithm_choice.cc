#include "ssh_engine/libssh/algorithm_choice.h"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "ssh_engine/libssh/algorithms.h"

namespace muster::engine {
namespace {

using Names = std::vector<std::string>;

// What patterns stand for, as far as the library has it: `ssh -Q` of OpenSSH 10.
constexpr char kKnownKeyExchanges[] =
    "diffie-hellman-group1-sha1,diffie-hellman-group14-sha1,diffie-hellman-group14-sha256,"
    "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
    "diffie-hellman-group-exchange-sha1,diffie-hellman-group-exchange-sha256,ecdh-sha2-nistp256,"
    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,curve25519-sha256,curve25519-sha256@libssh.org,"
    "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,mlkem768x25519-sha256";
constexpr char kKnownCiphers[] =
    "3des-cbc,aes128-cbc,aes192-cbc,aes256-cbc,aes128-ctr,aes192-ctr,aes256-ctr,"
    "aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com";
constexpr char kKnownMacs[] =
    "hmac-sha1,hmac-sha1-96,hmac-sha2-256,hmac-sha2-512,hmac-md5,hmac-md5-96,"
    "umac-64@openssh.com,umac-128@openssh.com,hmac-sha1-etm@openssh.com,"
    "hmac-sha1-96-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
    "hmac-md5-etm@openssh.com,hmac-md5-96-etm@openssh.com,umac-64-etm@openssh.com,"
    "umac-128-etm@openssh.com";
constexpr char kKnownKeys[] =
    "ssh-ed25519,sk-ssh-ed25519@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
    "ecdsa-sha2-nistp521,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,rsa-sha2-256,ssh-rsa,"
    "ssh-dss";
constexpr char kKnownCertificates[] =
    ",ssh-ed25519-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,"
    "ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,"
    "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
    "ssh-rsa-cert-v01@openssh.com";

struct Kind {
  ssh_options_e option;
  std::string all;
  std::string own;
};

Kind KindOf(AlgorithmKind kind) {
  switch (kind) {
    case AlgorithmKind::kKeyExchange:
      return {SSH_OPTIONS_KEY_EXCHANGE, kKnownKeyExchanges, AllKeyExchanges()};
    case AlgorithmKind::kHostKey:
      return {SSH_OPTIONS_HOSTKEYS, kKnownKeys, kHostKeys};
    case AlgorithmKind::kCipher:
      return {SSH_OPTIONS_CIPHERS_C_S, kKnownCiphers, kCiphers};
    case AlgorithmKind::kMac:
      return {SSH_OPTIONS_HMAC_C_S, kKnownMacs, kMacs};
    case AlgorithmKind::kSignature:
      break;
  }
  return {SSH_OPTIONS_PUBLICKEY_ACCEPTED_TYPES, absl::StrCat(kKnownKeys, kKnownCertificates),
          kSignatures};
}

bool IsPattern(const std::string& name) { return name.find_first_of("*?") != std::string::npos; }

bool Matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

// What one of the names or patterns that were asked for stands for.
Names Expand(const Kind& kind, const std::string& asked) {
  Names names;
  if (!IsPattern(asked)) names.push_back(asked);
  for (const absl::string_view name : absl::StrSplit(kind.all, ',')) {
    if (IsPattern(asked) && Matches(asked, std::string(name))) names.emplace_back(name);
  }
  names.erase(
      std::remove_if(names.begin(), names.end(),
                     [&](const std::string& name) { return !LibraryHas(kind.option, name); }),
      names.end());
  return names;
}

void Append(const Names& names, Names* list) {
  for (const std::string& name : names) {
    if (!absl::c_linear_search(*list, name)) list->push_back(name);
  }
}

AlgorithmChoice Without(const Names& own, const Names& patterns) {
  Names left;
  absl::c_copy_if(own, std::back_inserter(left), [&patterns](const std::string& name) {
    return absl::c_none_of(patterns,
                           [&name](const std::string& each) { return Matches(each, name); });
  });
  return {absl::StrJoin(left, ","), {}};
}

}  // namespace

AlgorithmChoice ChooseAlgorithms(AlgorithmKind which, absl::string_view request) {
  const Kind kind = KindOf(which);
  const Names own = absl::StrSplit(kind.own, ',');
  const bool removes = absl::ConsumePrefix(&request, "-");
  const bool appends = !removes && absl::ConsumePrefix(&request, "+");
  const bool prepends = !removes && !appends && absl::ConsumePrefix(&request, "^");
  const Names asked = absl::StrSplit(request, ',', absl::SkipEmpty());
  if (removes) return Without(own, asked);
  AlgorithmChoice choice;
  Names list = appends ? own : Names();
  for (const std::string& each : asked) {
    const Names names = Expand(kind, each);
    if (names.empty()) choice.missing.push_back(each);
    Append(names, &list);
  }
  if (prepends) Append(own, &list);
  choice.list = absl::StrJoin(list, ",");
  return choice;
}

}  // namespace muster::engine
