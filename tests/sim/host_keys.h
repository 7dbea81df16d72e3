// Which host key an address shows.
#ifndef TESTS_SIM_HOST_KEYS_H_
#define TESTS_SIM_HOST_KEYS_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "tests/sim/address.h"
#include "tests/sim/keys.h"

namespace muster::sim {

// Constant after construction; shared by threads.
class HostKeys {
 public:
  // One key for all addresses.
  explicit HostKeys(const std::string& seed);
  // One for each, made from the seed and the address; those of `range` are made at once (40 µs and
  // 1 KiB each), the others when they are asked for.
  HostKeys(const std::string& seed, AddressRange range);

  std::shared_ptr<const HostKey> Find(Address address) const;
  // Not the one that known_hosts has.
  std::shared_ptr<const HostKey> changed() const { return changed_; }

 private:
  std::shared_ptr<const HostKey> Make(Address address) const;

  const std::string seed_;
  const std::shared_ptr<const HostKey> changed_;
  std::shared_ptr<const HostKey> shared_;  // null: one for each
  absl::flat_hash_map<Address, std::shared_ptr<const HostKey>> each_;
};

}  // namespace muster::sim

#endif  // TESTS_SIM_HOST_KEYS_H_
