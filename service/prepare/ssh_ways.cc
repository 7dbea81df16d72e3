#include "service/prepare/ssh_ways.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "proto/nodeset/target.h"
#include "service/prepare/jump_hosts.h"
#include "service/prepare/proxy_command.h"
#include "service/prepare/ssh_connect.h"

namespace muster::service {
namespace {

HostQuery QueryOf(const JumpTarget& jump) {
  HostQuery query;
  query.host = jump.host;
  if (!jump.user.empty()) query.user = jump.user;
  if (jump.port != 0) query.port = jump.port;
  return query;
}

absl::Status OnTheWay(const JumpTarget& jump, const absl::Status& why) {
  return absl::InvalidArgumentError(absl::StrCat("jump host ", jump.host, ": ", why.message()));
}

// As ssh, which has "yes" ask for a terminal only where its own standard input is one.
engine::ChannelSetup SetupOf(const HostSettings& settings, bool with_input) {
  engine::ChannelSetup setup;
  if (settings.request_tty == "force" || (settings.request_tty == "yes" && !with_input)) {
    setup.terminal = engine::Terminal();
  }
  for (const std::string& variable : settings.set_env) {
    const size_t equals = variable.find('=');
    setup.environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
  }
  return setup;
}

std::vector<JumpTarget> GivenJumps(const v1::Login& login) {
  std::vector<JumpTarget> jumps;
  if (GoesDirectly(login)) return jumps;
  for (const std::string& entry : login.jump_hosts()) {
    const absl::StatusOr<Target> host = ParseTarget(entry);
    if (!host.ok()) continue;  // CheckLogin has refused it
    jumps.push_back({host->user, host->host, host->port});
  }
  return jumps;
}

}  // namespace

absl::StatusOr<std::shared_ptr<SshWays>> SshWays::Read(const v1::Login& login, GivenLogin given) {
  const LocalUser user = LocalUser::Own();
  const v1::SshConfig& asked = login.ssh_config();
  const auto exec =
      std::make_shared<MatchExec>(given.credential.keys.agent_socket, MatchExec::Limits());
  const SshConfig::Helpers helpers = {
      [exec](const std::string& command) { return exec->Run(command); }, LookUpBySystem};
  absl::StatusOr<SshConfig> config = SshConfig::Read(
      {asked.file(), {asked.options().begin(), asked.options().end()}}, user, helpers);
  if (!config.ok()) {
    return absl::Status(config.status().code(),
                        absl::StrCat("login.ssh_config: ", config.status().message()));
  }
  return std::shared_ptr<SshWays>(
      new SshWays(*std::move(config), exec, user, login, std::move(given)));
}

SshWays::SshWays(SshConfig config, std::shared_ptr<MatchExec> exec, LocalUser user,
                 const v1::Login& login, GivenLogin given)
    : config_(std::move(config)),
      exec_(std::move(exec)),
      user_(std::move(user)),
      given_(std::move(given)),
      alike_(config_.SaysTheSameOfAll()),
      way_is_given_(!login.jump_hosts().empty()),
      given_user_(login.user()),
      given_jumps_(GivenJumps(login)) {}

absl::StatusOr<SshWay> SshWays::Find(const HostQuery& query) {
  if (alike_ && query.options.empty()) return LookAlike(query);
  const auto known = ways_.find(query);
  if (known != ways_.end()) return known->second;
  absl::StatusOr<SshWay> way = Look(query);
  if (way.ok()) ways_[query] = *way;
  return way;
}

absl::StatusOr<SshWay> SshWays::Look(const HostQuery& query) {
  absl::StatusOr<HostSettings> settings = SettingsOf(query, way_is_given_);
  if (!settings.ok()) return settings.status();
  unfollowed_.Add(NameOf(query), *settings);
  absl::StatusOr<std::vector<JumpSpec>> jumps =
      ChainOf(way_is_given_ ? given_jumps_ : settings->jump_hosts);
  if (!jumps.ok()) return jumps.status();
  return WayOf(query, *settings, *std::move(jumps));
}

// As warnings have it.
std::string SshWays::NameOf(const HostQuery& query) const {
  return alike_ && query.options.empty() ? "every host" : query.host;
}

// Looks once, and says it of every host.
absl::StatusOr<SshWay> SshWays::LookAlike(const HostQuery& query) {
  if (!of_all_.has_value()) {
    absl::StatusOr<SshWay> way = Look({query.host, {}, {}});
    if (!way.ok()) return way;
    of_all_ = *std::move(way);
  }
  SshWay way = *of_all_;
  way.address = SshConfig::UsualForm(query.host);
  if (query.user.has_value()) way.user = *query.user;
  if (query.port.has_value()) way.port = *query.port;
  return way;
}

// `way_is_given`: how to get there is not asked for.
absl::StatusOr<HostSettings> SshWays::SettingsOf(const HostQuery& query, bool way_is_given) const {
  exec_->SetQuery(query);
  absl::StatusOr<HostSettings> settings = config_.For(query);
  if (!settings.ok()) return settings;
  if (way_is_given) {
    settings->proxy_command.reset();
    settings->jump_hosts.clear();
  }
  std::string obstacle = ObstacleOf(*settings);
  if (IsUnknownAgent(*settings)) {
    obstacle = absl::StrCat("IdentityAgent ", *settings->identity_agent,
                            ": a variable of your shell, which the daemon does not know");
  }
  if (!obstacle.empty()) return absl::InvalidArgumentError(obstacle);
  return settings;
}

// The run's own is that of jump hosts that were given with it, where nothing else says it.
void SshWays::NameGivenUser(HostSettings* jump) const {
  if (way_is_given_ && !jump->user_is_set && !given_user_.empty()) jump->user = given_user_;
}

absl::StatusOr<std::vector<JumpSpec>> SshWays::ChainOf(const std::vector<JumpTarget>& jumps) {
  const auto known = chains_.find(jumps);
  if (known != chains_.end()) return known->second;
  absl::StatusOr<std::vector<JumpSpec>> chain = Follow(jumps, 0);
  if (chain.ok()) chains_[jumps] = *chain;
  return chain;
}

// To the first as ssh_config says; to each further one by way of the one before it.
absl::StatusOr<std::vector<JumpSpec>> SshWays::Follow(const std::vector<JumpTarget>& jumps,
                                                      int depth) {
  if (depth > kMaxJumpHosts) return absl::InvalidArgumentError("ProxyJump leads in a circle");
  std::vector<JumpSpec> specs;
  for (const JumpTarget& jump : jumps) {
    absl::StatusOr<HostSettings> settings = SettingsOf(QueryOf(jump), !specs.empty());
    if (!settings.ok()) return OnTheWay(jump, settings.status());
    absl::StatusOr<std::vector<JumpSpec>> before = Follow(settings->jump_hosts, depth + 1);
    if (!before.ok()) return before;
    if (specs.empty()) specs = *std::move(before);
    unfollowed_.Add(NameOf(QueryOf(jump)), *settings);
    if (depth == 0) NameGivenUser(&*settings);
    absl::StatusOr<SshWay> way = WayOf(QueryOf(jump), *settings, {});
    if (!way.ok()) return OnTheWay(jump, way.status());
    specs.push_back({std::move(way->address), way->port, std::move(way->user),
                     std::move(way->host_key_alias), std::move(way->access),
                     std::move(way->proxy_command)});
  }
  if (specs.size() <= kMaxJumpHosts) return specs;
  return absl::InvalidArgumentError(
      absl::StrCat(specs.size(), " jump hosts; at most ", kMaxJumpHosts));
}

absl::StatusOr<SshWay> SshWays::WayOf(const HostQuery& query, const HostSettings& settings,
                                      std::vector<JumpSpec> jumps) {
  auto proxy = ProxyCommandOf(query, settings, user_, given_.credential.keys.agent_socket);
  if (!proxy.ok()) return proxy.status();
  AccessSpec spec;
  auto connect = ConnectOptionsOf(query, settings, jumps.empty() && *proxy == nullptr);
  if (!connect.ok()) return connect.status();
  spec.connect = *std::move(connect);
  spec.credential = CredentialOf(settings, given_, user_.home);
  spec.credential.keys.signatures = spec.connect.algorithms.signatures;
  spec.jump_hosts = std::move(jumps);
  return SshWay{settings.hostname,
                settings.user,
                settings.port,
                settings.host_key_alias.value_or(""),
                Share(std::move(spec)),
                *std::move(proxy),
                Share(SetupOf(settings, false)),
                Share(SetupOf(settings, true))};
}

// `direct`: to the host itself.
absl::StatusOr<engine::ConnectOptions> SshWays::ConnectOptionsOf(const HostQuery& query,
                                                                 const HostSettings& settings,
                                                                 bool direct) {
  engine::ConnectOptions options;
  if (!given_.connect_timeout) {
    options.timeout = settings.connect_timeout.value_or(absl::ZeroDuration());
  }
  const absl::Status added = direct ? AddSource(settings, &options) : absl::OkStatus();
  if (!added.ok()) return added;
  options.keep_alive = {settings.server_alive_interval, settings.server_alive_count_max};
  std::vector<std::string> missing;
  auto algorithms = algorithms_.Of(settings, &missing);
  if (!algorithms.ok()) return algorithms.status();
  options.algorithms = *std::move(algorithms);
  for (const std::string& keyword : missing) unfollowed_.Add(NameOf(query), keyword);
  return options;
}

std::shared_ptr<const AccessSpec> SshWays::Share(AccessSpec spec) {
  const auto known = specs_.find(spec);
  if (known != specs_.end()) return known->second;
  auto shared = std::make_shared<const AccessSpec>(spec);
  specs_.emplace(std::move(spec), shared);
  return shared;
}

std::shared_ptr<const engine::ChannelSetup> SshWays::Share(engine::ChannelSetup setup) {
  if (setup.empty()) return nullptr;
  for (const auto& known : setups_) {
    if (*known == setup) return known;
  }
  return setups_.emplace_back(std::make_shared<const engine::ChannelSetup>(std::move(setup)));
}

}  // namespace muster::service
