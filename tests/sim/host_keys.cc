#include "tests/sim/host_keys.h"

#include "absl/strings/str_cat.h"

namespace muster::sim {

HostKeys::HostKeys(const std::string& seed)
    : seed_(seed),
      changed_(std::make_shared<HostKey>(seed + " changed")),
      shared_(std::make_shared<HostKey>(seed)) {}

HostKeys::HostKeys(const std::string& seed, AddressRange range)
    : seed_(seed), changed_(std::make_shared<HostKey>(seed + " changed")) {
  each_.reserve(range.size());
  for (uint64_t i = 0; i < range.size(); ++i) {
    const Address address = range.first + static_cast<Address>(i);
    each_.emplace(address, Make(address));
  }
}

std::shared_ptr<const HostKey> HostKeys::Make(Address address) const {
  return std::make_shared<HostKey>(absl::StrCat(seed_, " ", FormatAddress(address)));
}

std::shared_ptr<const HostKey> HostKeys::Find(Address address) const {
  if (shared_ != nullptr) return shared_;
  const auto it = each_.find(address);
  return it != each_.end() ? it->second : Make(address);
}

}  // namespace muster::sim
