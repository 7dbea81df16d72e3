#include "service/prepare/host_list.h"

#include <map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/nodeset/node_set.h"
#include "service/prepare/ssh_ways.h"
#include "service/targets/target_resolver.h"

namespace muster::service {
namespace {

v1::RunHost HostOf(ResolvedHost resolved, const HostDefaults& defaults) {
  v1::RunHost host;
  host.set_name(std::move(resolved.name));
  host.set_address(std::move(resolved.address));
  host.set_user(resolved.user.empty() ? defaults.user : std::move(resolved.user));
  host.set_port(resolved.port == 0 ? defaults.port : resolved.port);
  for (std::string& option : resolved.ssh_options) host.add_ssh_options(std::move(option));
  return host;
}

size_t BytesOfVariables(const v1::TargetSpec& targets) {
  size_t bytes = 0;
  for (const v1::TargetHost& host : targets.hosts()) {
    for (const auto& variable : host.variables()) {
      bytes += variable.first.size() + variable.second.size();
    }
  }
  return bytes;
}

// Before they are made: each host gets a user of its own.
absl::Status CheckBytes(const v1::TargetSpec& targets, const std::vector<ResolvedHost>& hosts,
                        const HostDefaults& defaults) {
  size_t bytes = BytesOfVariables(targets);
  for (const ResolvedHost& host : hosts) {
    const size_t user = host.user.empty() ? defaults.user.size() : host.user.size();
    bytes += host.name.size() + host.address.size() + user;
    for (const std::string& option : host.ssh_options) bytes += option.size();
  }
  if (bytes <= kMaxHostListBytes) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the names, addresses, users, variables and options of ssh of these ", hosts.size(),
      " hosts have ", bytes, " bytes; at most ", kMaxHostListBytes, ": use several runs"));
}

// "ann@web1:2222", with brackets where the name is an IPv6 address.
std::string FullName(const v1::RunHost& host) {
  const bool v6 = host.name().find(':') != std::string::npos;
  return absl::StrCat(host.user(), "@", v6 ? "[" : "", host.name(), v6 ? "]" : "", ":",
                      host.port());
}

// A label that two hosts share would mix up their lines.
void TellApart(std::vector<v1::RunHost>* hosts) {
  absl::flat_hash_map<std::string, int> uses;
  for (const v1::RunHost& host : *hosts) ++uses[host.name()];
  for (v1::RunHost& host : *hosts) {
    if (uses[host.name()] > 1) host.set_name(FullName(host));
  }
}

bool SameVariables(const v1::RunHost& a, const v1::RunHost& b) {
  const auto& values = b.variables().values();
  return a.variables().values_size() == b.variables().values_size() &&
         absl::c_all_of(a.variables().values(), [&](const auto& variable) {
           const auto it = values.find(variable.first);
           return it != values.end() && it->second == variable.second;
         });
}

// To name web1 and ann@web1 as Ann is to name one host twice.
absl::StatusOr<std::vector<v1::RunHost>> WithoutRepeats(std::vector<v1::RunHost> hosts) {
  absl::flat_hash_map<std::string, size_t> seen;
  std::vector<v1::RunHost> unique;
  for (v1::RunHost& host : hosts) {
    const auto [it, is_new] =
        seen.emplace(absl::StrCat(absl::AsciiStrToLower(host.address()), "\n", host.user(), "\n",
                                  absl::AsciiStrToLower(host.name()), "\n", host.port()),
                     unique.size());
    if (is_new) {
      unique.push_back(std::move(host));
    } else if (!SameVariables(host, unique[it->second])) {
      return absl::InvalidArgumentError(absl::StrCat(
          "targets.hosts: ", host.name(), " is named more than once, with different variables"));
    }
  }
  return unique;
}

// Those of the list come last.
std::vector<v1::RunHost> RunHostsOf(const v1::TargetSpec& targets,
                                    std::vector<ResolvedHost> resolved,
                                    const HostDefaults& defaults) {
  std::vector<v1::RunHost> hosts;
  hosts.reserve(resolved.size());
  for (ResolvedHost& host : resolved) hosts.push_back(HostOf(std::move(host), defaults));
  size_t at = hosts.size() - static_cast<size_t>(targets.hosts_size());
  for (const v1::TargetHost& host : targets.hosts()) {
    if (!host.variables().empty()) {
      *hosts[at].mutable_variables()->mutable_values() = host.variables();
    }
    ++at;
  }
  return hosts;
}

absl::Status TooManyBytes(size_t hosts) {
  return absl::InvalidArgumentError(
      absl::StrCat("the addresses, users and commands that ssh_config gives these ", hosts,
                   " hosts have more than ", kMaxHostListBytes, " bytes: use several runs"));
}

// Each reason once, with its hosts.
absl::Status Refused(const std::map<std::string, std::vector<std::string>>& refused) {
  std::string problem;
  for (const auto& [reason, hosts] : refused) {
    absl::StrAppend(&problem, problem.empty() ? "" : "; ", FoldNodeSet(hosts), ": ", reason);
  }
  return FieldError({{"login.ssh_config", problem + " (-x leaves hosts out)"}});
}

void SetWay(const HostQuery& query, const SshWay& way, v1::RunHost* host) {
  v1::SshConfigQuery& asked = *host->mutable_ssh_config_query();
  if (query.host != way.address) asked.set_host(query.host);
  if (query.user.has_value()) asked.set_user(*query.user);
  if (query.port.has_value()) asked.set_port(*query.port);
  host->set_address(way.address);
  host->set_user(way.user);
  host->set_port(way.port);
}

absl::StatusOr<std::vector<ResolvedHost>> OfExpression(const v1::TargetSpec& targets,
                                                       const InventoryUse& use, FileCache* files) {
  absl::StatusOr<std::shared_ptr<const Inventory>> inventory =
      files->GetInventory(use.file, use.anew);
  if (!inventory.ok()) return inventory.status();
  const std::vector<std::string> ignored(targets.ignored_variables().begin(),
                                         targets.ignored_variables().end());
  absl::StatusOr<std::vector<ResolvedHost>> resolved =
      ResolveTargets(targets.expression(), inventory->get(), kMaxHosts, ignored,
                     use.for_run ? &use.become : nullptr);
  // For the caller, too many hosts is a matter of what was asked.
  if (!absl::IsResourceExhausted(resolved.status())) return resolved;
  return absl::InvalidArgumentError(resolved.status().message());
}

// Those of the expression, then those of the list.
absl::StatusOr<std::vector<ResolvedHost>> AllOf(const v1::TargetSpec& targets,
                                                const InventoryUse& inventory, FileCache* files) {
  absl::StatusOr<std::vector<ResolvedHost>> hosts = std::vector<ResolvedHost>();
  if (!targets.expression().empty() || targets.hosts().empty()) {
    hosts = OfExpression(targets, inventory, files);
  }
  if (!hosts.ok()) return hosts.status();
  for (const v1::TargetHost& host : targets.hosts()) {
    hosts->push_back({host.name(), host.address().empty() ? host.name() : host.address(),
                      host.user(), static_cast<uint16_t>(host.port())});
  }
  if (hosts->size() <= kMaxHosts) return hosts;
  return absl::InvalidArgumentError(
      absl::StrCat("targets: ", hosts->size(), " hosts; at most ", kMaxHosts));
}

}  // namespace

InventoryUse InventoryFor(const v1::RunSpec& spec) {
  InventoryUse inventory;
  inventory.for_run = true;
  if (!spec.has_become()) return inventory;
  const v1::Become& become = spec.become();
  const bool su = become.method() == v1::BECOME_METHOD_SU;
  const bool doas = become.method() == v1::BECOME_METHOD_DOAS;
  inventory.become = BecomeOfRun{become.user().empty() ? "root" : become.user(),
                                 su ? "su" : (doas ? "doas" : "sudo")};
  return inventory;
}

absl::StatusOr<std::vector<v1::RunHost>> ListHosts(const v1::TargetSpec& targets,
                                                   const InventoryUse& inventory,
                                                   const HostDefaults& defaults, FileCache* files) {
  absl::StatusOr<std::vector<ResolvedHost>> resolved = AllOf(targets, inventory, files);
  if (!resolved.ok()) return resolved.status();
  const absl::Status size = CheckBytes(targets, *resolved, defaults);
  if (!size.ok()) return size;
  std::vector<v1::RunHost> all = RunHostsOf(targets, *std::move(resolved), defaults);
  if (defaults.ssh_config != nullptr) {
    const absl::Status followed = FollowSshConfig(defaults.ssh_config, &all);
    if (!followed.ok()) return followed;
  }
  absl::StatusOr<std::vector<v1::RunHost>> hosts = WithoutRepeats(std::move(all));
  if (hosts.ok()) TellApart(&*hosts);
  return hosts;
}

absl::Status FollowSshConfig(SshWays* ssh_config, std::vector<v1::RunHost>* hosts) {
  size_t bytes = 0;
  std::map<std::string, std::vector<std::string>> refused;  // by the reason
  for (v1::RunHost& host : *hosts) {
    const HostQuery query = QueryOf(host);
    const absl::StatusOr<SshWay> way = ssh_config->Find(query);
    if (!way.ok()) {
      refused[std::string(way.status().message())].push_back(host.name());
      continue;
    }
    SetWay(query, *way, &host);
    bytes += way->address.size() + way->user.size();
    if (bytes > kMaxHostListBytes) return TooManyBytes(hosts->size());
  }
  return refused.empty() ? absl::OkStatus() : Refused(refused);
}

HostQuery QueryOf(const v1::RunHost& host) {
  const bool asked = host.has_ssh_config_query();
  const v1::SshConfigQuery& query = host.ssh_config_query();
  const std::string& user = asked ? query.user() : host.user();
  const uint32_t port = asked ? query.port() : host.port();
  HostQuery of_host;
  of_host.host = query.host().empty() ? host.address() : query.host();
  if (!user.empty()) of_host.user = user;
  if (port != 0) of_host.port = static_cast<uint16_t>(port);
  of_host.options.assign(host.ssh_options().begin(), host.ssh_options().end());
  return of_host;
}

bool NamesHostsOnly(absl::string_view expression) {
  constexpr absl::string_view kBeforeOperands = ",!&^( \t\n\v\f\r";
  char before = ',';
  for (const char c : expression) {
    const bool group = c == '@' && kBeforeOperands.find(before) != absl::string_view::npos;
    if (group || c == '*' || c == '?') return false;
    before = c;
  }
  return true;
}

void ReplaceUser(const std::string& from, const std::string& to, std::vector<v1::RunHost>* hosts) {
  for (v1::RunHost& host : *hosts) {
    const bool by_config = host.has_ssh_config_query() && host.ssh_config_query().user().empty();
    if (host.has_ssh_config_query() ? !by_config : host.user() != from) continue;
    if (absl::StartsWith(host.name(), absl::StrCat(host.user(), "@"))) continue;
    host.set_user(to);
    if (by_config) host.mutable_ssh_config_query()->set_user(to);
  }
}

}  // namespace muster::service
