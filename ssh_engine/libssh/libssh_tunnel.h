// A channel of libssh's that carries a connection to another host.
#ifndef SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_
#define SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "ssh_engine/transport/ssh_transport.h"

struct ssh_session_struct;

namespace muster::engine {

// The connection that tunnels belong to.
class TunnelCarrier {
 public:
  virtual ~TunnelCarrier() = default;
  // Around every use of libssh. Takes nothing in.
  virtual void InTurn(absl::FunctionRef<void()> use) = 0;
  virtual ssh_session_struct* session() = 0;
  // Bytes of a tunnel's that have come.
  virtual void CountData(size_t bytes) = 0;
  // Counts the channels that were opened, from 0.
  virtual uint32_t NextChannel() = 0;
};

std::unique_ptr<SshTunnel> NewLibsshTunnel(TunnelCarrier* carrier, std::string address,
                                           uint16_t port, TunnelUser* user);

}  // namespace muster::engine

#endif  // SSH_ENGINE_LIBSSH_LIBSSH_TUNNEL_H_
