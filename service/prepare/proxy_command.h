// The process by which ssh would reach a host.
#ifndef SERVICE_PREPARE_PROXY_COMMAND_H_
#define SERVICE_PREPARE_PROXY_COMMAND_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/ssh_config/host_settings.h"
#include "service/ssh_config/local_user.h"
#include "service/ssh_config/ssh_config.h"
#include "ssh_engine/host.h"

namespace muster::service {

// INVALID_ARGUMENT, without the host's name: a host or user that was asked for could mean something
// else to a shell. What the file gives is its owner's, who could have written anything.
absl::Status CheckShellNames(const HostQuery& query);

// ProxyCommand with its tokens replaced; null where there is none. `agent_socket`: the caller's
// SSH_AUTH_SOCK, for which IdentityAgent may name another. CheckShellNames', and
// INVALID_ARGUMENT for a token that ssh does not know there.
absl::StatusOr<std::shared_ptr<const engine::ProxyCommand>> ProxyCommandOf(
    const HostQuery& query, const HostSettings& settings, const LocalUser& local,
    const std::string& agent_socket);

}  // namespace muster::service

#endif  // SERVICE_PREPARE_PROXY_COMMAND_H_
