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

absl::Status Authorizer::Authorize(const Caller& caller, const std::string& credential_name,
                                   const std::vector<v1::RunHost>& hosts) const {
  if (caller.local) return absl::OkStatus();
  std::string obstacle = "no rule of the policy is about this caller";
  for (const Rule& rule : rules_) {
    if (!Matches(rule.policy.callers, caller.name)) continue;
    obstacle = Obstacle(rule, credential_name, hosts);
    if (obstacle.empty()) return absl::OkStatus();
  }
  return absl::PermissionDeniedError(
      absl::StrCat("the policy denies this to ", caller.name, ": ", obstacle));
}

std::string Authorizer::Obstacle(const Rule& rule, const std::string& credential_name,
                                 const std::vector<v1::RunHost>& hosts) {
  if (!Matches(rule.policy.credentials, credential_name)) {
    return absl::StrCat("credential \"", credential_name, "\" is not allowed");
  }
  for (const v1::RunHost& host : hosts) {
    if (!Matches(rule.policy.users, host.user())) {
      return absl::StrCat("user ", host.user(), " on ", host.name(), " is not allowed");
    }
    if (!rule.all_targets && !rule.targets.contains(host.address())) {
      return absl::StrCat("host ", host.name(), " is not allowed");
    }
  }
  return "";
}

}  // namespace muster::service
