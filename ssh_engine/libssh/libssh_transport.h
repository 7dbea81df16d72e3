// SshTransport over libssh.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_TRANSPORT_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_TRANSPORT_H_

#include <memory>

#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

std::unique_ptr<SshTransport> NewLibsshTransport(UniqueFd socket, SshTransportOptions options);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_TRANSPORT_H_
