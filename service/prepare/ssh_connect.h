// How ssh_config has connections to a host made from this machine.
#ifndef SERVICE_PREPARE_SSH_CONNECT_H_
#define SERVICE_PREPARE_SSH_CONNECT_H_

#include "absl/status/status.h"
#include "service/ssh_config/host_settings.h"
#include "ssh_engine/connect_options.h"

namespace muster::service {

// Where they begin and how often, which is a jump host's or a ProxyCommand's to say behind one. The
// rest is not asked for here. INVALID_ARGUMENT: BindAddress or BindInterface is nothing that one
// could connect from. Blocks where the former is a name (getaddrinfo).
absl::Status AddSource(const HostSettings& settings, engine::ConnectOptions* options);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_SSH_CONNECT_H_
