// What it takes to reach the hosts of one run that have the same Access, from one loop.
#ifndef SSH_ENGINE_DIAL_DIAL_CONTEXT_H_
#define SSH_ENGINE_DIAL_DIAL_CONTEXT_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/host.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/proxy/proxy_connector.h"
#include "ssh_engine/transport/ssh_transport.h"

namespace muster::engine {

// A jump host on the way. A value.
struct Hop {
  Host host;
  std::shared_ptr<const Access> access;
};

// Outlives the hosts' tasks. Loop-confined.
struct DialContext {
  EventLoop* loop = nullptr;
  HelperPool* helpers = nullptr;
  HelperPool* computers = nullptr;  // helpers for what computes for long
  HelperPool* kerberos = nullptr;   // helpers for what waits for a KDC, each for seconds
  SshTransportFactory new_transport;
  // Of the job.
  absl::Duration timeout;  // Timeouts::connect, or the access' own
  bool quote_greeting = true;

  std::shared_ptr<const Access> access;  // this loop's own copy
  Connector* connector = nullptr;
  ProxyConnector* proxies = nullptr;  // for hosts with a ProxyCommand
  // By way of which jump hosts the connector leads: "ann@gate:22,gate2:22", or
  // "ProxyCommand,ann@gate:22". Empty: none.
  std::string jump_path;
  // The same with what proves us to each of them, and the process: for whom all are the same, the
  // way is.
  std::string way_id;
  std::vector<Hop> hops;                        // the jump hosts, the nearest first
  std::vector<std::shared_ptr<Connector>> way;  // what the connector needs
  std::vector<size_t> preferred_identities;     // Login::Enough
};

inline void UseAccess(std::shared_ptr<const Access> access, DialContext* context) {
  if (access->connect.timeout > absl::ZeroDuration()) context->timeout = access->connect.timeout;
  context->access = std::move(access);
}

}  // namespace muster::engine

#endif  // SSH_ENGINE_DIAL_DIAL_CONTEXT_H_
