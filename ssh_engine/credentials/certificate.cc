#include "ssh_engine/credentials/certificate.h"

#include <cstdint>
#include <limits>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ssh_engine/base/peer_text.h"
#include "ssh_engine/base/wire_reader.h"

namespace muster::engine {
namespace {

constexpr absl::string_view kSuffix = "-cert-v01@openssh.com";
constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();
constexpr size_t kMostPrincipals = 10;  // that are told

// How many strings there are of the key itself, between the nonce and the serial number.
int FieldsOfKey(absl::string_view type) {
  if (absl::StartsWith(type, "ssh-ed25519")) return 1;
  if (absl::StartsWith(type, "ssh-rsa") || absl::StartsWith(type, "ecdsa-")) return 2;
  if (absl::StartsWith(type, "sk-ssh-ed25519")) return 2;
  return absl::StartsWith(type, "sk-ecdsa-") ? 3 : 0;
}

absl::optional<uint64_t> ReadUint64(WireReader* reader) {
  const absl::optional<uint32_t> high = reader->Uint32();
  const absl::optional<uint32_t> low = reader->Uint32();
  if (!high || !low) return absl::nullopt;
  return uint64_t{*high} << 32 | *low;
}

// Past what a time can be, it is none.
absl::Time TimeOf(uint64_t seconds, absl::Time none) {
  return seconds > kForever / 2 ? none : absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

std::vector<std::string> ReadList(absl::string_view bytes) {
  std::vector<std::string> list;
  WireReader reader(bytes);
  while (const absl::optional<absl::string_view> item = reader.String()) list.emplace_back(*item);
  return list;
}

std::string Shown(const std::vector<std::string>& principals) {
  std::vector<std::string> shown;
  for (const std::string& principal : principals) {
    if (shown.size() == kMostPrincipals) {
      shown.emplace_back("...");
      break;
    }
    shown.push_back(PeerText(principal));
  }
  return absl::StrJoin(shown, ", ");
}

std::string Shown(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", time, absl::UTCTimeZone());
}

}  // namespace

absl::optional<Certificate> ReadCertificate(absl::string_view blob) {
  WireReader reader(blob);
  const absl::optional<absl::string_view> type = reader.String();
  if (!type || !absl::EndsWith(*type, kSuffix)) return absl::nullopt;
  const int fields = FieldsOfKey(*type);
  reader.String();  // the nonce
  for (int i = 0; i < fields; ++i) reader.String();
  const bool is_whole = ReadUint64(&reader) && reader.Uint32() && reader.String();
  const absl::optional<absl::string_view> principals = reader.String();
  const absl::optional<uint64_t> after = ReadUint64(&reader);
  const absl::optional<uint64_t> before = ReadUint64(&reader);
  if (fields == 0 || !is_whole || !principals || !after || !before) return absl::nullopt;
  return Certificate{ReadList(*principals), TimeOf(*after, absl::InfiniteFuture()),
                     TimeOf(*before, absl::InfiniteFuture())};
}

std::string WhyRefused(const Certificate& certificate, absl::string_view user, absl::Time now) {
  if (now >= certificate.valid_before) {
    return absl::StrCat("it expired at ", Shown(certificate.valid_before));
  }
  if (now < certificate.valid_after) {
    return absl::StrCat("it is not valid before ", Shown(certificate.valid_after));
  }
  if (certificate.principals.empty() || absl::c_linear_search(certificate.principals, user)) {
    return "";
  }
  return absl::StrCat("it is for ", Shown(certificate.principals), ", not for ", user);
}

}  // namespace muster::engine
