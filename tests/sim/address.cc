#include "tests/sim/address.h"

#include <arpa/inet.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace muster::sim {
namespace {

absl::StatusOr<AddressRange> ParsePrefix(absl::string_view address, absl::string_view bits_text) {
  const absl::StatusOr<Address> base = ParseAddress(address);
  if (!base.ok()) return base.status();
  int bits = 0;
  if (!absl::SimpleAtoi(bits_text, &bits) || bits < 0 || bits > 32) {
    return absl::InvalidArgumentError(absl::StrCat("\"/", bits_text, "\": expected /0 to /32"));
  }
  const uint32_t free_bits = bits == 0 ? ~0u : (1u << (32 - bits)) - 1;
  return AddressRange{*base & ~free_bits, *base | free_bits};
}

}  // namespace

std::string FormatAddress(Address address) {
  return absl::StrCat(address >> 24, ".", address >> 16 & 255, ".", address >> 8 & 255, ".",
                      address & 255);
}

absl::StatusOr<Address> ParseAddress(absl::string_view text) {
  in_addr parsed = {};
  if (inet_pton(AF_INET, std::string(text).c_str(), &parsed) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\" is no IPv4 address"));
  }
  return ntohl(parsed.s_addr);
}

absl::StatusOr<AddressRange> ParseAddressRange(absl::string_view text) {
  const size_t slash = text.find('/');
  if (slash != absl::string_view::npos) {
    return ParsePrefix(text.substr(0, slash), text.substr(slash + 1));
  }
  const size_t dash = text.find('-');
  const absl::StatusOr<Address> first = ParseAddress(text.substr(0, dash));
  if (!first.ok()) return first.status();
  if (dash == absl::string_view::npos) return AddressRange{*first, *first};
  const absl::StatusOr<Address> last = ParseAddress(text.substr(dash + 1));
  if (!last.ok()) return last.status();
  if (*last < *first) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text, "\": the last is before the first"));
  }
  return AddressRange{*first, *last};
}

}  // namespace muster::sim
