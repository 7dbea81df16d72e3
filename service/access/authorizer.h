// What a caller may do.
#ifndef SERVICE_ACCESS_AUTHORIZER_H_
#define SERVICE_ACCESS_AUTHORIZER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "muster/v1/host.pb.h"
#include "service/access/caller.h"
#include "service/access/config.h"
#include "ssh_engine/host.h"

namespace muster::service {

// The policy: a local caller may do everything, a network caller what one rule allows as a whole.
// Every error is PERMISSION_DENIED, and tells nothing that the caller has not said himself: what he
// may not use and what does not exist are the same. Immutable, so thread-safe.
class Authorizer {
 public:
  // Resolves the rules' targets; blocks. INVALID_ARGUMENT, NOT_FOUND: those cannot be resolved.
  static absl::StatusOr<std::unique_ptr<Authorizer>> Create(const Config& config);

  // Whether any rule is about this caller: one whom none is about gets nothing done, and is told
  // nothing. Cheap enough for every call.
  absl::Status CheckCaller(const Caller& caller) const;
  // Whether a rule of this caller has this credential, before anything is done for a run with it.
  absl::Status CheckCredential(const Caller& caller, const std::string& name) const;

  // What CheckCredential says of one that is not allowed, for one that does not exist.
  absl::Status DenyCredential(const Caller& caller, const std::string& name) const;
  // What Authorize says of hosts that are not known, for targets that cannot be resolved.
  absl::Status DenyTargets(const Caller& caller) const;

  // What a caller wants to do. Borrows; lives for one call.
  struct Request {
    const std::string& credential_name;
    const std::vector<v1::RunHost>& hosts;
    const std::vector<engine::JumpHost>& jump_hosts;  // each allowed as a host has to be
    // Whether the caller wrote the hosts' names himself, so that they may be in an error.
    bool hosts_are_known = true;
    // The same as jump_hosts, but for errors: the caller has not named them.
    std::vector<engine::JumpHost> inventory_jump_hosts = {};
  };
  // Names one thing that no rule allows.
  absl::Status Authorize(const Caller& caller, const Request& request) const;
  // The same, with whatever credential, for hosts of which he only wants to know who they are.
  // `user`: of hosts that are to have none of their own; it need not be allowed.
  absl::Status AuthorizeLook(const Caller& caller, const std::vector<v1::RunHost>& hosts,
                             const std::string& user, bool hosts_are_known) const;

 private:
  struct Rule {
    PolicyRule policy;
    bool all_targets = false;
    absl::flat_hash_set<std::string> targets;  // addresses, in lower case
  };
  // A host, or one on the way to it.
  struct Peer {
    const std::string& user;
    const std::string& address;
    uint32_t port;
  };

  bool AllowsPort(const Rule& rule, const Peer& peer) const;
  // Empty where the rule allows it; else what it does not. `shown`: the host in a text.
  std::string PeerObstacle(const Rule& rule, const Peer& peer, const std::string& shown,
                           bool any_user) const;
  std::string HostsObstacle(const Rule& rule, const std::vector<v1::RunHost>& hosts,
                            const std::string* any_user_like, bool hosts_are_known) const;
  std::string Obstacle(const Rule& rule, const Request& request) const;

  std::vector<Rule> rules_;
  // What the inventory says of addresses.
  absl::flat_hash_set<std::pair<std::string, uint32_t>> usual_ports_;
};

}  // namespace muster::service

#endif  // SERVICE_ACCESS_AUTHORIZER_H_
