// Connector by RFC 8305.
#ifndef SSH_ENGINE_NET_HAPPY_EYEBALLS_H_
#define SSH_ENGINE_NET_HAPPY_EYEBALLS_H_

#include <memory>

#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/net/resolver.h"

namespace muster::engine {

// Both must outlive the connector.
std::unique_ptr<Connector> NewHappyEyeballs(EventLoop* loop, Resolver* resolver);

}  // namespace muster::engine

#endif  // SSH_ENGINE_NET_HAPPY_EYEBALLS_H_
