// The sockets that a fleet listens on.
#ifndef TESTS_SIM_LISTENER_H_
#define TESTS_SIM_LISTENER_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "ssh_engine/base/unique_fd.h"

namespace muster::sim {

struct Listeners {
  uint16_t port;
  std::vector<UniqueFd> sockets;  // the kernel deals connections among them
};

// On all addresses. `port`: 0 is a free one.
absl::StatusOr<Listeners> Listen(uint16_t port, int count, int backlog);

}  // namespace muster::sim

#endif  // TESTS_SIM_LISTENER_H_
