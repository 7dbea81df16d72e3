// IPv4 addresses and ranges of them.
#ifndef TESTS_SIM_ADDRESS_H_
#define TESTS_SIM_ADDRESS_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::sim {

// In the host's byte order, so that addresses can be counted.
using Address = uint32_t;

struct AddressRange {
  Address first;
  Address last;  // inclusive, not before first

  uint64_t size() const { return uint64_t{last} - first + 1; }
  bool Contains(Address address) const { return first <= address && address <= last; }
};

std::string FormatAddress(Address address);
absl::StatusOr<Address> ParseAddress(absl::string_view text);
// "127.1.0.1", "127.1.0.0/16" or "127.1.0.1-127.1.39.16".
absl::StatusOr<AddressRange> ParseAddressRange(absl::string_view text);

}  // namespace muster::sim

#endif  // TESTS_SIM_ADDRESS_H_
