#include "ssh_engine/libssh/algorithms.h"

#include <algorithm>
#include <memory>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace muster::engine {
namespace {

// By how libssh's description begins: what it is, and sshd's option for it (sshd_config(5)).
struct Kind {
  absl::string_view description;
  absl::string_view name;
  absl::string_view option;
};
constexpr Kind kKinds[] = {
    {"kex", "key exchange", "KexAlgorithms"},
    {"server host key", "type of host key", "HostKeyAlgorithms and HostKey"},
    {"encryption", "cipher", "Ciphers"},
    {"mac", "MAC", "MACs"},
    {"compression", "compression", "Compression"},
};

// Why Muster does not have what the server offers, where one can say more.
std::string Reason(absl::string_view offered) {
  if (absl::StrContains(offered, "mlkem") || absl::StrContains(offered, "sntrup")) {
    return " Post-quantum key exchanges take libssh 0.12 or later.";
  }
  if (absl::StrContains(offered, "-cert-v01")) {
    return " Host certificates cannot be checked yet: let the server show its plain key as well.";
  }
  if (absl::StrContains(offered, "sha1") || absl::StrContains(offered, "ssh-rsa") ||
      absl::StrContains(offered, "ssh-dss")) {
    return " SHA-1 signatures and key exchanges, and DSA, are broken and not offered: the server "
           "needs an update; until then your ssh_config may add what it has to the list (+NAME).";
  }
  if (absl::StrContains(offered, "-cbc") || absl::StrContains(offered, "arcfour") ||
      absl::StrContains(offered, "md5")) {
    return " CBC, RC4 and MD5 are broken and not offered: the server needs an update; until then "
           "your ssh_config may add CBC to the list (Ciphers +NAME).";
  }
  return "";
}

// What stands between the two, or nothing.
absl::string_view Between(absl::string_view text, absl::string_view from, absl::string_view to) {
  const size_t begin = text.find(from);
  if (begin == absl::string_view::npos) return {};
  text.remove_prefix(begin + from.size());
  return text.substr(0, text.find(to));
}

}  // namespace

const char* AllKeyExchanges() {
  static const std::string& all = *new std::string([] {
    const std::string names = absl::StrCat(kPostQuantumKeyExchange, ",", kKeyExchanges, ",",
                                           kSlowKeyExchanges, ",", kSlowPostQuantumKeyExchanges);
    return absl::StrJoin(absl::StrSplit(names, ',',
                                        [](absl::string_view name) {
                                          return LibraryHas(SSH_OPTIONS_KEY_EXCHANGE,
                                                            std::string(name));
                                        }),
                         ",");
  }());
  return all.c_str();
}

bool LibraryHas(ssh_options_e option, const std::string& name) {
  const std::unique_ptr<ssh_session_struct, void (*)(ssh_session)> session(ssh_new(), ssh_free);
  return session != nullptr && ssh_options_set(session.get(), option, name.c_str()) == SSH_OK;
}

bool IsSlowKeyExchange(absl::string_view name) {
  return absl::StartsWith(name, "diffie-hellman-group-exchange-") ||
         name == "diffie-hellman-group18-sha512" || absl::StartsWith(name, "sntrup761x25519-");
}

std::string FastKeyExchanges(absl::string_view list) {
  std::vector<absl::string_view> names = absl::StrSplit(list, ',');
  names.erase(std::remove_if(names.begin(), names.end(), IsSlowKeyExchange), names.end());
  return absl::StrJoin(names, ",");
}

std::string HostKeyAlgorithms(absl::string_view list, const std::vector<std::string>& known_types) {
  std::vector<absl::string_view> names = absl::StrSplit(list, ',');
  const auto is_known = [&known_types](absl::string_view name) {
    return absl::c_any_of(known_types, [name](absl::string_view type) {
      return type == name || (type == "ssh-rsa" && absl::StartsWith(name, "rsa-"));
    });
  };
  absl::c_stable_partition(names, is_known);
  return absl::StrJoin(names, ",");
}

std::string ExplainMismatch(absl::string_view error) {
  const absl::string_view method = Between(error, "no match for method ", ": server [");
  const absl::string_view server = Between(error, ": server [", "]");
  const absl::string_view client = Between(error, "client [", "]");
  const auto kind = absl::c_find_if(
      kKinds, [method](const Kind& each) { return absl::StartsWith(method, each.description); });
  if (method.empty() || kind == std::end(kKinds)) return "";
  // libssh's error ends after a KiB.
  const std::string ours = client.empty() ? "" : absl::StrCat("; Muster has ", client);
  return absl::StrCat("there is no ", kind->name, " in common: the server has ", server, ours, ".",
                      Reason(server), " With OpenSSH, look at ", kind->option,
                      " in its sshd_config");
}

}  // namespace muster::engine
