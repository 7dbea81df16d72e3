#include "tests/sim/kexinit.h"

#include <atomic>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tests/sim/messages.h"
#include "tests/sim/wire.h"

namespace muster::sim {
namespace {

using Names = std::vector<absl::string_view>;

constexpr size_t kCookieBytes = 16;
constexpr absl::string_view kKeyExchanges[] = {"curve25519-sha256", "curve25519-sha256@libssh.org"};
constexpr absl::string_view kHostKeys[] = {"ssh-ed25519"};
constexpr absl::string_view kNoCompression[] = {"none"};

template <typename Algorithms>
Names NamesOf(const Algorithms& algorithms) {
  Names names;
  for (const auto& algorithm : algorithms) names.push_back(algorithm.name);
  return names;
}

Names Split(absl::string_view list) { return absl::StrSplit(list, ','); }

// The first of the client's that the server has; empty where there is none.
template <typename List>
absl::string_view FirstCommon(absl::string_view client, const List& server) {
  for (absl::string_view name : Split(client)) {
    if (absl::c_linear_search(server, name)) return name;
  }
  return {};
}

// As FirstCommon, among algorithms.
template <typename Algorithm, size_t kSize>
const Algorithm* Choose(absl::string_view client, const Algorithm (&server)[kSize]) {
  const absl::string_view name = FirstCommon(client, NamesOf(server));
  const auto* const it =
      absl::c_find_if(server, [name](const Algorithm& each) { return name == each.name; });
  return it == std::end(server) ? nullptr : it;
}

absl::Status NothingInCommon(const char* what, absl::string_view client) {
  return absl::FailedPreconditionError(
      absl::StrCat("no ", what, " in common: the client offers ", client));
}

// The lists of a KEXINIT, in their order.
struct Offer {
  explicit Offer(absl::string_view message) : fields(message) {
    fields.Take(1 + kCookieBytes);
    for (absl::string_view* list : {&key_exchange, &host_key, &cipher_in, &cipher_out, &mac_in,
                                    &mac_out, &compression_in, &compression_out}) {
      *list = fields.String();
    }
    fields.String();  // languages
    fields.String();
    guesses = fields.Bool();
  }

  WireReader fields;
  absl::string_view key_exchange, host_key, cipher_in, cipher_out, mac_in, mac_out, compression_in,
      compression_out;
  bool guesses;
};

bool GuessedWrong(const Offer& offer) {
  return offer.guesses && (Split(offer.key_exchange).front() != kKeyExchanges[0] ||
                           Split(offer.host_key).front() != kHostKeys[0]);
}

absl::Status CheckFixed(const Offer& offer) {
  if (FirstCommon(offer.key_exchange, kKeyExchanges).empty()) {
    return NothingInCommon("key exchange", offer.key_exchange);
  }
  if (FirstCommon(offer.host_key, kHostKeys).empty()) {
    return NothingInCommon("type of host key", offer.host_key);
  }
  if (FirstCommon(offer.compression_in, kNoCompression).empty() ||
      FirstCommon(offer.compression_out, kNoCompression).empty()) {
    return NothingInCommon("compression", offer.compression_in);
  }
  return absl::OkStatus();
}

// What follows the cookie.
std::string ServerOffer() {
  const std::string ciphers = absl::StrJoin(NamesOf(kCipherSuites), ",");
  const std::string macs = absl::StrJoin(NamesOf(kMacAlgorithms), ",");
  std::string offer;
  WireWriter(&offer)
      .String(absl::StrJoin(kKeyExchanges, ","))
      .String(kHostKeys[0])
      .String(ciphers)
      .String(ciphers)
      .String(macs)
      .String(macs)
      .String(kNoCompression[0])
      .String(kNoCompression[0])
      .String("")
      .String("")
      .Bool(false)
      .Uint32(0);
  return offer;
}

}  // namespace

// A number instead of random bytes: it need only differ, and costs nothing.
std::string ServerKexinit() {
  static const std::string& offer = *new std::string(ServerOffer());
  static std::atomic<uint64_t> next_cookie{0};
  const uint64_t number = ++next_cookie;
  std::string message;
  WireWriter(&message).Byte(kKexinit).Uint32(static_cast<uint32_t>(number >> 32));
  WireWriter(&message).Uint32(static_cast<uint32_t>(number)).Uint32(0).Uint32(0);
  return message + offer;
}

absl::StatusOr<Agreement> Agree(absl::string_view client_kexinit) {
  const Offer offer(client_kexinit);
  if (!offer.fields.ok()) return absl::InvalidArgumentError("KEXINIT is too short");
  absl::Status fixed = CheckFixed(offer);
  if (!fixed.ok()) return fixed;
  Agreement agreement;
  agreement.from_client = Choose(offer.cipher_in, kCipherSuites);
  agreement.to_client = Choose(offer.cipher_out, kCipherSuites);
  if (agreement.from_client == nullptr || agreement.to_client == nullptr) {
    return NothingInCommon("cipher", offer.cipher_in);
  }
  agreement.mac_from_client = Choose(offer.mac_in, kMacAlgorithms);
  agreement.mac_to_client = Choose(offer.mac_out, kMacAlgorithms);
  if ((agreement.mac_from_client == nullptr && !agreement.from_client->own_tag) ||
      (agreement.mac_to_client == nullptr && !agreement.to_client->own_tag)) {
    return NothingInCommon("MAC", offer.mac_in);
  }
  if (agreement.mac_from_client == nullptr) agreement.mac_from_client = &kMacAlgorithms[0];
  if (agreement.mac_to_client == nullptr) agreement.mac_to_client = &kMacAlgorithms[0];
  agreement.ext_info = absl::c_linear_search(Split(offer.key_exchange), "ext-info-c");
  agreement.wrong_guess = GuessedWrong(offer);
  return agreement;
}

}  // namespace muster::sim
