// Connections by way of a jump host.
#ifndef SSH_ENGINE_JUMP_JUMP_CONNECTOR_H_
#define SSH_ENGINE_JUMP_JUMP_CONNECTOR_H_

#include <list>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "ssh_engine/base/lifetime.h"
#include "ssh_engine/dial/dial_context.h"
#include "ssh_engine/dial/dialer.h"
#include "ssh_engine/host.h"
#include "ssh_engine/jump/jump_link.h"
#include "ssh_engine/loop/event_loop.h"
#include "ssh_engine/net/connector.h"
#include "ssh_engine/pool/session_pool.h"

namespace muster::engine {

// The links of one loop, for all runs. Loop-confined; outlives the connectors.
class JumpLinks {
 public:
  // A link that carries nothing for SessionLimits::max_idle is closed. One that is older than
  // max_age carries nothing new, and is closed when it carries nothing.
  JumpLinks(EventLoop* loop, const SessionLimits& limits);

  // One with that key that may carry one more, and whose way `trusts` accepts; null: none.
  JumpLink* Find(const std::string& key, absl::FunctionRef<bool(const Way&)> trusts);
  JumpLink* Add(const std::string& key, std::unique_ptr<JumpLink> link);

 private:
  bool IsOld(const JumpLink& link) const;
  void Sweep();

  EventLoop* const loop_;
  const SessionLimits limits_;
  absl::flat_hash_map<std::string, std::list<std::unique_ptr<JumpLink>>> links_;
  const std::unique_ptr<Timer> timer_;
};

// Finds a link or makes one: all who come meanwhile wait for the same. Where the jump host does not
// let us in, everybody is told why, and nobody tries again. Loop-confined; a run's own.
class JumpConnector final : public Connector {
 public:
  // `context` leads to the jump host; its timeout and its Access count there, too.
  JumpConnector(DialContext context, const JumpHost& host, JumpLinks* links);
  ~JumpConnector() override;

  std::unique_ptr<Attempt> Connect(absl::string_view host, uint16_t port,
                                   const ConnectOptions& options, Callback callback) override;

 private:
  class JumpAttempt;

  // Gives those who wait to links, for as long as there are any with room.
  void Serve();
  JumpLink* FindLink();
  void Dial();
  void OnDialed(Dialer::Result result);
  void FailAll(const ConnectResult& failure);

  DialContext context_;
  const Host host_;
  const std::string name_;
  const std::string key_;  // of its links
  std::vector<Hop> hops_;  // up to the jump host
  JumpLinks* const links_;
  HostTimings timings_;  // of nobody's
  std::unique_ptr<Dialer> dialer_;
  std::list<JumpAttempt*> waiting_;
  absl::optional<ConnectResult> refusal_;  // that will not pass
  Lifetime lifetime_;
};

// Leads the context by way of its Access' jump hosts.
void AddJumpHosts(JumpLinks* links, DialContext* context);

}  // namespace muster::engine

#endif  // SSH_ENGINE_JUMP_JUMP_CONNECTOR_H_
