// What a caller may do.
#ifndef SERVICE_AUTHORIZER_H_
#define SERVICE_AUTHORIZER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "muster/v1/host.pb.h"
#include "service/caller.h"
#include "service/config.h"
#include "ssh_engine/job.h"

namespace muster::service {

// The policy: a local caller may do everything, a network caller what one rule allows as a whole.
// Immutable, so thread-safe.
class Authorizer {
 public:
  // Resolves the rules' targets; blocks. INVALID_ARGUMENT, NOT_FOUND: those cannot be resolved.
  static absl::StatusOr<std::unique_ptr<Authorizer>> Create(const Config& config);

  // What a caller wants to do. Borrows; lives for one call.
  struct Request {
    const std::string& credential_name;
    const std::vector<v1::RunHost>& hosts;
    const std::vector<engine::JumpHost>& jump_hosts;  // each allowed as a host has to be
  };
  // PERMISSION_DENIED names one thing that no rule allows.
  absl::Status Authorize(const Caller& caller, const Request& request) const;

 private:
  struct Rule {
    PolicyRule policy;
    bool all_targets = false;
    absl::flat_hash_set<std::string> targets;  // addresses
  };

  // Empty where the rule allows it; else what it does not.
  static std::string Obstacle(const Rule& rule, const Request& request);
  static std::string HostObstacle(const Rule& rule, const std::string& user,
                                  const std::string& address, const std::string& shown);

  std::vector<Rule> rules_;
};

}  // namespace muster::service

#endif  // SERVICE_AUTHORIZER_H_
