// The files with which clients reach the fleet.
#ifndef TESTS_SIM_FLEET_FOLDER_H_
#define TESTS_SIM_FLEET_FOLDER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "tests/sim/address.h"
#include "tests/sim/host_keys.h"

namespace muster::sim {

constexpr char kUser[] = "fleet";

struct FleetDescription {
  std::string folder;
  AddressRange addresses;
  uint16_t port;
  bool key_for_each;
};

// Makes the folder and in it: client_key and client_key.pub (by ssh-keygen, where they are not
// there yet), known_hosts, hosts (an address on each line) and inventory.ini (the same as
// node00001, ...).
absl::Status WriteFleetFolder(const FleetDescription& fleet, const HostKeys& host_keys);

}  // namespace muster::sim

#endif  // TESTS_SIM_FLEET_FOLDER_H_
