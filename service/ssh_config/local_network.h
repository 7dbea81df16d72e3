// Networks that this machine is on.
#ifndef SERVICE_SSH_CONFIG_LOCAL_NETWORK_H_
#define SERVICE_SSH_CONFIG_LOCAL_NETWORK_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace muster::service {

// Whether an interface that is up has an address in one of the networks, "ADDRESS/BITS" with commas
// between (ssh_config(5), Match localnetwork). INVALID_ARGUMENT: that is no such list.
absl::StatusOr<bool> IsOnLocalNetwork(absl::string_view networks);

}  // namespace muster::service

#endif  // SERVICE_SSH_CONFIG_LOCAL_NETWORK_H_
