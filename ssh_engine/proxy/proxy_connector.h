// Connections by way of a process (ssh_config(5), ProxyCommand).
#ifndef SSH_ENGINE_PROXY_PROXY_CONNECTOR_H_
#define SSH_ENGINE_PROXY_PROXY_CONNECTOR_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/host.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"

namespace muster::engine {

// Loop-confined. One for each loop; outlives its attempts, but not what it has answered.
class ProxyConnector {
 public:
  virtual ~ProxyConnector() = default;

  // Starts a process, whose input and output are the connection; ConnectResult::process is it. As
  // Connector::Connect otherwise.
  virtual std::unique_ptr<Connector::Attempt> Connect(std::shared_ptr<const ProxyCommand> command,
                                                      Connector::Callback callback) = 0;
};

// A few are started at a time, by helper threads. One whose connection is closed sees the end of
// its input; its group gets SIGHUP a second later, and SIGKILL five seconds after that. While many
// are ending none is started. Both must outlive the connector, which waits for a second at most for
// its processes when it is destroyed, and leaves none.
std::unique_ptr<ProxyConnector> NewProxyConnector(EventLoop* loop, HelperPool* helpers);

}  // namespace muster::engine

#endif  // SSH_ENGINE_PROXY_PROXY_CONNECTOR_H_
