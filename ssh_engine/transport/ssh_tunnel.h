// A connection to a host by way of a server.
#ifndef SSH_ENGINE_TRANSPORT_SSH_TUNNEL_H_
#define SSH_ENGINE_TRANSPORT_SSH_TUNNEL_H_

#include <cstddef>

#include "absl/strings/string_view.h"
#include "ssh_engine/transport/ssh_step.h"

namespace muster::engine {

// Who uses a tunnel. Called from within the transport's calls, and must call neither it nor the
// tunnel there.
class TunnelUser {
 public:
  virtual ~TunnelUser() = default;
  virtual void OnTunnelData(absl::string_view bytes) = 0;
  virtual void OnTunnelEnd() = 0;  // no more data will come; may be told twice
};

// A connection that a server makes on our behalf (direct-tcpip; RFC 4254, 7.2). Loop-confined.
class SshTunnel {
 public:
  using Step = SshStep;

  // Closes it. Not while the server has yet to answer: it would stay open there.
  virtual ~SshTunnel() = default;

  // Until the server has answered: to be called again whenever something has come.
  virtual Step Open() = 0;
  // Why the server made no connection, after kFailed.
  virtual const TransportFailure& failure() const = 0;
  // How many bytes the server takes now.
  virtual size_t Room() const = 0;
  // No more than that; answers how many it has taken: fewer while keys are exchanged anew.
  virtual size_t Write(absl::string_view bytes) = 0;
};

}  // namespace muster::engine

#endif  // SSH_ENGINE_TRANSPORT_SSH_TUNNEL_H_
