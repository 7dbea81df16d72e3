#include "service/authorizer.h"

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/run_limits.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

bool Matches(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<Authorizer>> Authorizer::Create(const Config& config) {
  std::shared_ptr<const Inventory> inventory;
  if (!config.inventory_file.empty()) {
    absl::StatusOr<std::shared_ptr<const Inventory>> loaded = LoadInventory(config.inventory_file);
    if (!loaded.ok()) return loaded.status();
    inventory = *std::move(loaded);
  }
  auto authorizer = std::make_unique<Authorizer>();
  for (const PolicyRule& policy : config.rules) {
    Rule rule;
    rule.policy = policy;
    rule.all_targets = policy.targets == "*";
    if (!rule.all_targets) {
      absl::StatusOr<std::vector<ResolvedHost>> hosts =
          ResolveTargets(policy.targets, inventory.get(), kMaxHosts);
      if (!hosts.ok()) return hosts.status();
      for (const ResolvedHost& host : *hosts) rule.targets.insert(host.address);
    }
    authorizer->rules_.push_back(std::move(rule));
  }
  return authorizer;
}

absl::Status Authorizer::Authorize(const Caller& caller, const Request& request) const {
  if (caller.local) return absl::OkStatus();
  std::string obstacle = "no rule of the policy is about this caller";
  for (const Rule& rule : rules_) {
    if (!Matches(rule.policy.callers, caller.name)) continue;
    obstacle = Obstacle(rule, request);
    if (obstacle.empty()) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("the policy denies this to ", caller.name, ": ", obstacle));
}

std::string Authorizer::Obstacle(const Rule& rule, const Request& request) {
  if (!Matches(rule.policy.credentials, request.credential_name)) {
    return absl::StrCat("credential \"", request.credential_name, "\" is not allowed");
  }
  for (const engine::JumpHost& host : request.jump_hosts) {
    const std::string shown = absl::StrCat("jump host ", host.address);
    std::string obstacle = HostObstacle(rule, host.user, host.address, shown);
    if (!obstacle.empty()) return obstacle;
  }
  for (const v1::RunHost& host : request.hosts) {
    std::string obstacle =
        HostObstacle(rule, host.user(), host.address(), absl::StrCat("host ", host.name()));
    if (!obstacle.empty()) return obstacle;
  }
  return "";
}

std::string Authorizer::HostObstacle(const Rule& rule, const std::string& user,
                                     const std::string& address, const std::string& shown) {
  if (!Matches(rule.policy.users, user)) {
    return absl::StrCat("user ", user, " on ", shown, " is not allowed");
  }
  if (!rule.all_targets && !rule.targets.contains(address)) {
    return absl::StrCat(shown, " is not allowed");
  }
  return "";
}

}  // namespace muster::service
