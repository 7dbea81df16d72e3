// A channel of libssh's that carries a connection to another host.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "ssh_engine/libssh/libssh_link.h"
#include "ssh_engine/transport/ssh_tunnel.h"

namespace muster::engine {

std::unique_ptr<SshTunnel> NewLibsshTunnel(LibsshLink* link, std::string address, uint16_t port,
                                           TunnelUser* user);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_
