// How ssh_config has connections to a host made from this machine.
#ifndef SERVICE_PREPARE_SSH_CONNECT_H_
#define SERVICE_PREPARE_SSH_CONNECT_H_

#include "absl/status/statusor.h"
#include "service/ssh_config/host_settings.h"
#include "ssh_engine/connect_options.h"

namespace muster::service {

// INVALID_ARGUMENT: BindAddress or BindInterface is nothing that one could connect from. Blocks
// where the former is a name (getaddrinfo).
absl::StatusOr<engine::ConnectOptions> ConnectOptionsOf(const HostSettings& settings);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SSH_CONNECT_H_
