#include "service/access/authorizer.h"

#include <fnmatch.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "service/targets/load_inventory.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

constexpr uint32_t kSshPort = 22;
constexpr char kSomeWay[] =
    "a jump host that the inventory gives to one of the targets is not allowed";
// Where groups or wildcards stand for hosts.
constexpr char kSomeTarget[] =
    "a host that the targets stand for, its port or its user is not allowed, or a group does not "
    "exist or cannot be used";

bool Matches(const std::string& pattern, const std::string& text) {
  return fnmatch(pattern.c_str(), text.c_str(), FNM_NOESCAPE) == 0;
}

bool MatchesAny(const std::vector<std::string>& patterns, const std::string& text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return Matches(pattern, text); });
}

bool IsAbout(const PolicyRule& rule, const Caller& caller) {
  return std::any_of(rule.callers.begin(), rule.callers.end(), [&](const CallerPattern& pattern) {
    return pattern.kind == caller.kind && Matches(pattern.name, caller.name);
  });
}

absl::Status Denied(const Caller& caller, absl::string_view obstacle) {
  return absl::PermissionDeniedError(
      absl::StrCat("the policy denies this to ", caller.Text(), ": ", obstacle));
}

std::string NoSuchCredential(const std::string& name) {
  return absl::StrCat("credential \"", name, "\" is not allowed, or there is none of this name");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Authorizer>> Authorizer::Create(const Config& config) {
  std::shared_ptr<const Inventory> inventory;
  auto authorizer = std::make_unique<Authorizer>();
  if (!config.inventory_file.empty()) {
    absl::StatusOr<std::shared_ptr<const Inventory>> loaded = LoadInventory(config.inventory_file);
    if (!loaded.ok()) return loaded.status();
    inventory = *std::move(loaded);
    for (const auto& [name, details] : inventory->data().hosts) {
      if (details.port == 0) continue;
      authorizer->usual_ports_.emplace(details.address.empty() ? name : details.address,
                                       details.port);
    }
  }
  for (const PolicyRule& policy : config.rules) {
    Rule rule;
    rule.policy = policy;
    rule.all_targets = policy.targets == "*";
    if (!rule.all_targets) {
      absl::StatusOr<std::vector<ResolvedHost>> hosts =
          ResolveTargets(policy.targets, inventory.get(), kMaxHosts);
      if (!hosts.ok()) return hosts.status();
      for (const ResolvedHost& host : *hosts) {
        rule.targets.insert(absl::AsciiStrToLower(host.address));
      }
    }
    authorizer->rules_.push_back(std::move(rule));
  }
  return authorizer;
}

absl::Status Authorizer::CheckCaller(const Caller& caller) const {
  if (caller.local()) return absl::OkStatus();
  const bool known = std::any_of(rules_.begin(), rules_.end(),
                                 [&](const Rule& rule) { return IsAbout(rule.policy, caller); });
  return known ? absl::OkStatus() : Denied(caller, "no rule of the policy is about this caller");
}

absl::Status Authorizer::CheckCredential(const Caller& caller, const std::string& name) const {
  if (caller.local()) return absl::OkStatus();
  const bool allowed = std::any_of(rules_.begin(), rules_.end(), [&](const Rule& rule) {
    return IsAbout(rule.policy, caller) && MatchesAny(rule.policy.credentials, name);
  });
  return allowed ? absl::OkStatus() : DenyCredential(caller, name);
}

absl::Status Authorizer::DenyCredential(const Caller& caller, const std::string& name) const {
  return Denied(caller, NoSuchCredential(name));
}

absl::Status Authorizer::DenyTargets(const Caller& caller) const {
  return Denied(caller, kSomeTarget);
}

absl::Status Authorizer::Authorize(const Caller& caller, const Request& request) const {
  if (caller.local()) return absl::OkStatus();
  std::string obstacle = "no rule of the policy is about this caller";
  for (const Rule& rule : rules_) {
    if (!IsAbout(rule.policy, caller)) continue;
    obstacle = Obstacle(rule, request);
    if (obstacle.empty()) return absl::OkStatus();
  }
  return Denied(caller, obstacle);
}

absl::Status Authorizer::AuthorizeLook(const Caller& caller, const std::vector<v1::RunHost>& hosts,
                                       const std::string& user, bool hosts_are_known) const {
  if (caller.local()) return absl::OkStatus();
  std::string obstacle = "no rule of the policy is about this caller";
  for (const Rule& rule : rules_) {
    if (!IsAbout(rule.policy, caller)) continue;
    obstacle = HostsObstacle(rule, hosts, &user, hosts_are_known);
    if (obstacle.empty()) return absl::OkStatus();
  }
  return Denied(caller, obstacle);
}

std::string Authorizer::Obstacle(const Rule& rule, const Request& request) const {
  if (!MatchesAny(rule.policy.credentials, request.credential_name)) {
    return NoSuchCredential(request.credential_name);
  }
  for (const engine::JumpHost& host : request.jump_hosts) {
    std::string obstacle = PeerObstacle(rule, {host.user, host.address, host.port},
                                        absl::StrCat("jump host ", host.address), false);
    if (!obstacle.empty()) return obstacle;
  }
  for (const engine::JumpHost& host : request.inventory_jump_hosts) {
    if (!PeerObstacle(rule, {host.user, host.address, host.port}, "", false).empty()) {
      return kSomeWay;
    }
  }
  return HostsObstacle(rule, request.hosts, nullptr, request.hosts_are_known);
}

std::string Authorizer::HostsObstacle(const Rule& rule, const std::vector<v1::RunHost>& hosts,
                                      const std::string* any_user_like,
                                      bool hosts_are_known) const {
  for (const v1::RunHost& host : hosts) {
    const bool any_user = any_user_like != nullptr && host.user() == *any_user_like;
    std::string obstacle = PeerObstacle(rule, {host.user(), host.address(), host.port()},
                                        absl::StrCat("host ", host.name()), any_user);
    if (obstacle.empty()) continue;
    if (hosts_are_known) return obstacle;
    return kSomeTarget;
  }
  return "";
}

std::string Authorizer::PeerObstacle(const Rule& rule, const Peer& peer, const std::string& shown,
                                     bool any_user) const {
  if (!any_user && !MatchesAny(rule.policy.users, peer.user)) {
    return absl::StrCat("user ", peer.user, " on ", shown, " is not allowed");
  }
  if (!rule.all_targets && !rule.targets.contains(absl::AsciiStrToLower(peer.address))) {
    return absl::StrCat(shown, " is not allowed");
  }
  if (!AllowsPort(rule, peer)) {
    return absl::StrCat("port ", peer.port, " of ", shown, " is not allowed");
  }
  return "";
}

bool Authorizer::AllowsPort(const Rule& rule, const Peer& peer) const {
  const std::vector<PortRange>& ports = rule.policy.ports;
  if (ports.empty()) {
    return peer.port == kSshPort || usual_ports_.contains(std::make_pair(peer.address, peer.port));
  }
  return std::any_of(ports.begin(), ports.end(), [&](const PortRange& range) {
    return peer.port >= range.first && peer.port <= range.last;
  });
}

}  // namespace muster::service
