#include "service/targets/ansible_model.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/nodeset/target.h"
#include "service/targets/ansible_hosts.h"
#include "service/targets/group_name.h"
#include "service/targets/located_error.h"

namespace muster::service {
namespace {

constexpr size_t kMaxHosts = 200'000;      // twice what a run may have
constexpr size_t kMaxMembers = 1'000'000;  // hosts in groups, each time they are named
constexpr size_t kMaxVisits = 20'000'000;  // of hosts and groups while variables are inherited
constexpr int kMaxDepth = 30;              // groups within groups
constexpr char kSource[] = "groups";

std::string Hosts(const std::vector<std::string>& hosts) {
  std::string text;
  for (const std::string& host : hosts) {
    absl::StrAppend(&text, text.empty() ? "" : ",", FormatTarget({"", host, 0}));
  }
  return text;
}

}  // namespace

absl::Status AnsibleModel::AddGroup(absl::string_view name, int line) {
  if (!IsGroupName(name) || absl::StrContains(name, ":")) {
    return ErrorAt(file_, line, absl::StrCat("\"", name, "\" ", kGroupNameRule));
  }
  const auto [it, added] = groups_.try_emplace(std::string(name));
  if (added) it->second.line = line;
  return absl::OkStatus();
}

bool AnsibleModel::HasGroup(absl::string_view name) const {
  return groups_.count(std::string(name)) > 0;
}

absl::Status AnsibleModel::AddHosts(absl::string_view group, absl::string_view entry,
                                    const ConnectionVars& vars, int line) {
  const size_t room = std::min(kMaxHosts, kMaxMembers - members_);
  absl::StatusOr<std::vector<Target>> targets = ExpandAnsibleHosts(entry, room);
  if (!targets.ok()) {
    return absl::Status(targets.status().code(),
                        absl::StrCat(PlaceOf(file_, line), ": ", targets.status().message()));
  }
  members_ += targets->size();
  std::vector<std::string>& hosts = groups_.at(std::string(group)).hosts;
  for (const Target& target : *targets) {
    hosts.push_back(target.host);
    ConnectionVars& own = hosts_[target.host];
    if (target.port != 0) own.Set("ansible_port", absl::StrCat(target.port), file_, line);
    own.Override(vars);
  }
  if (hosts_.size() <= kMaxHosts) return absl::OkStatus();
  return TooLargeAt(file_, line, absl::StrCat("more than ", kMaxHosts, " hosts"));
}

absl::Status AnsibleModel::AddChild(absl::string_view group, absl::string_view child, int line) {
  if (!HasGroup(child)) {
    return ErrorAt(file_, line, absl::StrCat("the group \"", child, "\" is not defined"));
  }
  groups_.at(std::string(group)).children.emplace_back(child);
  return absl::OkStatus();
}

ConnectionVars& AnsibleModel::GroupVars(absl::string_view group) {
  return groups_.at(std::string(group)).vars;
}

ConnectionVars* AnsibleModel::HostVars(const std::string& host) {
  const auto it = hosts_.find(host);
  return it == hosts_.end() ? nullptr : &it->second;
}

ConnectionVars* AnsibleModel::FolderGroupVars(const std::string& group) {
  if (group == "all") return &groups_[group].folder_vars;
  const auto it = groups_.find(group);
  return it == groups_.end() ? nullptr : &it->second.folder_vars;
}

ConnectionVars* AnsibleModel::FolderHostVars(const std::string& host) {
  return hosts_.count(host) > 0 ? &folder_hosts_[host] : nullptr;
}

absl::StatusOr<InventoryData> AnsibleModel::Build() {
  if (absl::Status status = CheckNames(); !status.ok()) return status;
  if (absl::Status status = FindDepths(); !status.ok()) return status;
  std::map<std::string, ConnectionVars> settled;
  for (const auto& host : hosts_) settled[host.first];
  for (const auto layer : {&Group::vars, &Group::folder_vars}) {
    if (absl::Status status = InheritVars(layer, &settled); !status.ok()) return status;
  }
  for (const auto& [host, own] : hosts_) settled[host].Override(own);
  for (const auto& [host, own] : folder_hosts_) settled[host].Override(own);
  InventoryData data;
  data.file = file_;
  data.default_source = kSource;
  data.sources[kSource] = Expressions();
  for (const auto& [host, vars] : settled) {
    if (!vars.empty()) data.hosts.emplace(absl::AsciiStrToLower(host), vars.Settle());
  }
  return data;
}

// To Ansible they are two, to DNS and to a run they are one.
absl::Status AnsibleModel::CheckNames() const {
  absl::flat_hash_map<std::string, absl::string_view> seen;
  for (const auto& host : hosts_) {
    const auto [it, added] = seen.emplace(absl::AsciiStrToLower(host.first), host.first);
    if (added) continue;
    return absl::InvalidArgumentError(absl::StrCat(file_, ": the hosts ", it->second, " and ",
                                                   host.first,
                                                   " differ in upper and lower case "
                                                   "alone, which names of hosts do not"));
  }
  return absl::OkStatus();
}

absl::Status AnsibleModel::FindDepths() {
  for (GroupEntry& group : groups_) {
    if (group.second.depth > 0) continue;
    if (absl::Status status = SetDepth(&group, 1); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status AnsibleModel::SetDepth(GroupEntry* group, int depth) {
  Group& self = group->second;
  if (self.entered) {
    return ErrorAt(file_, self.line,
                   absl::StrCat("the group \"", group->first, "\" includes itself"));
  }
  if (depth <= self.depth) return absl::OkStatus();
  if (depth > kMaxDepth) {
    return TooLargeAt(file_, self.line,
                      absl::StrCat("groups within groups, more than ", kMaxDepth, " deep"));
  }
  self.depth = depth;
  self.entered = true;
  for (const std::string& child : self.children) {
    if (absl::Status status = SetDepth(&*groups_.find(child), depth + 1); !status.ok()) {
      return status;
    }
  }
  self.entered = false;
  return absl::OkStatus();
}

absl::Status AnsibleModel::InheritVars(ConnectionVars Group::*layer,
                                       std::map<std::string, ConnectionVars>* settled) {
  std::vector<const GroupEntry*> order;
  for (const GroupEntry& group : groups_) {
    if (!(group.second.*layer).empty()) order.push_back(&group);
  }
  std::sort(order.begin(), order.end(), [](const GroupEntry* a, const GroupEntry* b) {
    const bool inner_a = a->first != "all", inner_b = b->first != "all";
    return std::tie(inner_a, a->second.depth, a->first) <
           std::tie(inner_b, b->second.depth, b->first);
  });
  for (const GroupEntry* group : order) {
    std::set<std::string> seen;
    std::vector<const std::string*> members;
    if (group->first == "all") {
      for (const auto& host : hosts_) members.push_back(&host.first);
    } else if (absl::Status status = CollectMembers(group->first, &seen, &members); !status.ok()) {
      return status;
    }
    for (const std::string* host : members) (*settled)[*host].Override(group->second.*layer);
  }
  return absl::OkStatus();
}

absl::Status AnsibleModel::CollectMembers(const std::string& name, std::set<std::string>* seen,
                                          std::vector<const std::string*>* members) {
  if (!seen->insert(name).second) return absl::OkStatus();
  const Group& group = groups_.at(name);
  visits_ += 1 + group.hosts.size() + group.children.size();
  if (visits_ > kMaxVisits) {
    return TooLargeAt(file_, group.line, "too many groups set variables for the same hosts");
  }
  for (const std::string& host : group.hosts) members->push_back(&host);
  for (const std::string& child : group.children) {
    if (absl::Status status = CollectMembers(child, seen, members); !status.ok()) return status;
  }
  return absl::OkStatus();
}

InventoryData::Groups AnsibleModel::Expressions() const {
  InventoryData::Groups groups;
  std::set<std::string> grouped;
  for (const auto& [name, group] : groups_) {
    InventoryData::Group& definition = groups[name];
    definition = {Hosts(group.hosts), group.line};
    for (const std::string& child : group.children) {
      absl::StrAppend(&definition.expression, definition.expression.empty() ? "@" : ",@", child);
    }
    if (name == "all" || name == "ungrouped") continue;
    grouped.insert(group.hosts.begin(), group.hosts.end());
  }
  std::vector<std::string> all, ungrouped;
  for (const auto& host : hosts_) {
    all.push_back(host.first);
    if (grouped.count(host.first) == 0) ungrouped.push_back(host.first);
  }
  groups["all"].expression = Hosts(all);
  groups["ungrouped"].expression = Hosts(ungrouped);
  return groups;
}

}  // namespace muster::service
