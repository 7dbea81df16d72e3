#include "service/prepare/run_preparer.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/times.h"
#include "service/access/hidden_paths.h"
#include "service/prepare/access_maker.h"
#include "service/prepare/command_line.h"
#include "service/prepare/host_report.h"
#include "service/prepare/jump_hosts.h"
#include "service/prepare/line_check.h"
#include "service/prepare/plain_ways.h"
#include "service/prepare/secrets.h"
#include "service/prepare/spec_check.h"
#include "service/prepare/ssh_ways.h"
#include "service/rollout/rollout_plan.h"
#include "service/ssh_config/local_user.h"
#include "service/targets/group_hint.h"
#include "service/targets/ignored_hint.h"

namespace muster::service {
namespace {

engine::TicketSource TicketsOf(const v1::LocalCredential& local) {
  engine::TicketSource tickets;
  tickets.cache = local.kerberos_cache();
  tickets.delegate = local.gssapi_delegate();
  return tickets;
}

// To name the method is to ask for it.
bool WantsTickets(const v1::LocalCredential& local) {
  return local.gssapi() || absl::c_linear_search(local.methods(), engine::kGssapi);
}

NamedCredential LocalLogin(const v1::LocalCredential& local) {
  NamedCredential credential;
  credential.keys.agent_socket = local.agent_socket();
  credential.keys.identities_only = local.identities_only();
  for (const v1::IdentityFile& file : local.identity_files()) {
    credential.keys.identity_files.push_back({file.path(), file.passphrase(), !file.optional()});
  }
  credential.known_hosts_files.assign(local.known_hosts_files().begin(),
                                      local.known_hosts_files().end());
  credential.hash_known_hosts = local.hash_known_hosts();
  if (!local.password().empty()) {
    credential.keys.password = engine::Passphrase(local.password());
    credential.keys.password_source =
        "--password-file, --password-command, --ask-password or $MUSTER_PASSWORD";
  }
  for (const v1::Answer& answer : local.answers()) {
    credential.keys.answers.push_back({answer.question(), answer.secret_answer()});
  }
  if (WantsTickets(local)) credential.keys.tickets = TicketsOf(local);
  credential.keys.methods.assign(local.methods().begin(), local.methods().end());
  return credential;
}

v1::RunSpec WithoutSecrets(v1::RunSpec spec) {
  WipeSecrets(&spec);
  return spec;
}

engine::Timeouts TimeoutsOf(const v1::Timeouts& proto) {
  engine::Timeouts timeouts;
  if (const absl::Duration connect = ToDuration(proto.connect()); connect > absl::ZeroDuration()) {
    timeouts.connect = connect;
  }
  timeouts.idle = ToDuration(proto.idle());
  timeouts.command = ToDuration(proto.command());
  return timeouts;
}

engine::Retries RetriesOf(const v1::Retries& proto) {
  engine::Retries retries;
  if (proto.has_unreachable()) retries.unreachable = static_cast<int>(proto.unreachable());
  if (proto.has_throttled()) retries.throttled = static_cast<int>(proto.throttled());
  return retries;
}

engine::StopRules StopRulesOf(const v1::StopRules& proto) {
  engine::StopRules rules;
  if (proto.has_grace()) rules.grace = ToDuration(proto.grace());
  rules.signal_only = proto.signal_only();
  return rules;
}

std::shared_ptr<const engine::Become> BecomeOf(const v1::RunSpec& spec) {
  if (!spec.has_become()) return nullptr;
  const v1::Become& proto = spec.become();
  auto become = std::make_shared<engine::Become>();
  if (proto.method() == v1::BECOME_METHOD_SU) become->method = engine::BecomeMethod::kSu;
  if (proto.method() == v1::BECOME_METHOD_DOAS) become->method = engine::BecomeMethod::kDoas;
  if (!proto.user().empty()) become->user = proto.user();
  become->password = engine::Passphrase(proto.password());
  become->keep_environment = proto.keep_environment();
  return become;
}

engine::Terminal TerminalOf(const v1::Terminal& proto) {
  engine::Terminal terminal;
  if (!proto.type().empty()) terminal.type = proto.type();
  if (proto.columns() > 0) terminal.size.columns = proto.columns();
  if (proto.rows() > 0) terminal.size.rows = proto.rows();
  return terminal;
}

std::map<std::string, std::string> EnvironmentOf(const v1::Command& command) {
  return {command.requested_environment().begin(), command.requested_environment().end()};
}

engine::Job JobOf(const Caller& caller, const v1::RunSpec& spec, std::string line) {
  engine::Job job;
  job.action = engine::Command{std::move(line), PrologueOf(spec.command())};
  job.become = BecomeOf(spec);
  job.timeouts = TimeoutsOf(spec.timeouts());
  job.retries = RetriesOf(spec.retries());
  job.stop = StopRulesOf(spec.stop());
  if (spec.has_terminal()) job.setup.terminal = TerminalOf(spec.terminal());
  job.setup.environment = EnvironmentOf(spec.command());
  job.partial_after = ToDuration(spec.partial_lines_after());
  job.refused_environment = std::make_shared<engine::RefusedEnvironment>(0);
  job.caller = caller.Text();
  job.quote_greeting = caller.local();
  if (spec.rollout().max_in_flight() > 0) job.max_in_flight = spec.rollout().max_in_flight();
  return job;
}

std::vector<std::string> PathsOf(const NamedCredential& credential) {
  std::vector<std::string> paths = credential.known_hosts_files;
  for (const auto& file : credential.keys.identity_files) paths.push_back(file.path);
  paths.push_back(credential.keys.agent_socket);
  return paths;
}

absl::Status NoWay(const char* field, const v1::RunHost& host, const absl::Status& why) {
  return FieldError({{field, absl::StrCat(host.name(), ": ", why.message())}});
}

// A process goes where the file says by now, and the run is not to be split over two machines.
bool LeadsAway(const SshWay& way, const v1::RunHost& host) {
  return way.proxy_command != nullptr &&
         (way.address != host.address() || way.port != host.port() || way.user != host.user());
}

absl::Status Moved(const SshWay& way) {
  return absl::FailedPreconditionError(absl::StrCat("its ProxyCommand leads to ", way.user, "@",
                                                    way.address, " port ", way.port,
                                                    " by now, and did not when the run began"));
}

absl::Status NoTerminal() {
  return absl::FailedPreconditionError(
      "RequestTTY force gives it a terminal, and a script would be typed there; run it without one "
      "(RequestTTY=no)");
}

GivenLogin GivenOf(const NamedCredential& credential, const v1::Login& login,
                   const v1::Timeouts& timeouts) {
  GivenLogin given;
  given.credential = credential;
  given.host_key_policy = login.host_key_policy() != v1::HOST_KEY_POLICY_UNSPECIFIED;
  given.connect_timeout = ToDuration(timeouts.connect()) > absl::ZeroDuration();
  given.passphrase = engine::Passphrase(login.ssh_config().passphrase());
  given.kerberos = TicketsOf(login.local());
  return given;
}

// A seed of the daemon's choice is told, so that the order can be had again.
void ChooseSeed(v1::Rollout* rollout) {
  if (rollout->order() != v1::HOST_ORDER_SHUFFLED || rollout->shuffle_seed() != 0) return;
  rollout->set_shuffle_seed(absl::Uniform<uint64_t>(absl::BitGen(), 1, 1'000'000'000));
}

}  // namespace

RunPreparer::RunPreparer(const Config* config, const Authorizer* authorizer, FileCache* files,
                         const RunSettings& settings, const ArtifactStore* artifacts)
    : config_(config),
      authorizer_(authorizer),
      files_(files),
      settings_(settings),
      artifacts_(artifacts),
      own_user_(LocalUser::Own().name) {}

std::string RunPreparer::DefaultUser(const v1::Login& login,
                                     const NamedCredential& credential) const {
  if (!login.user().empty()) return login.user();
  return !credential.user.empty() ? credential.user : own_user_;
}

HostDefaults RunPreparer::DefaultsOf(const v1::Login& login, const Login& found) const {
  if (found.ssh_config != nullptr) return {login.user(), login.port(), found.ssh_config.get()};
  return {DefaultUser(login, found.credential), login.port() == 0 ? 22 : login.port()};
}

std::string RunPreparer::UserOf(const v1::Login& login) const {
  const auto it = config_->credentials.find(login.credential_name());
  return DefaultUser(login, it != config_->credentials.end() ? it->second : NamedCredential());
}

absl::StatusOr<std::vector<v1::RunHost>> RunPreparer::Resolve(const Caller& caller,
                                                              const v1::TargetSpec& targets,
                                                              HostDefaults defaults,
                                                              InventoryUse inventory) const {
  absl::StatusOr<std::string> file = FindInventory(caller, targets);
  if (!file.ok()) return file.status();
  inventory.file = *std::move(file);
  absl::StatusOr<std::vector<v1::RunHost>> hosts = ListHosts(targets, inventory, defaults, files_);
  if (hosts.ok() || caller.local() || NamesHostsOnly(targets.expression())) return hosts;
  // An error may quote the inventory.
  return authorizer_->DenyTargets(caller);
}

absl::StatusOr<v1::ResolveTargetsResponse> RunPreparer::Look(
    const Caller& caller, const v1::ResolveTargetsRequest& request, size_t first) const {
  const absl::Status checked = CheckRequest(request);
  if (!checked.ok()) return checked;
  absl::StatusOr<Login> login = Login();
  if (request.login().credential_case() == v1::Login::kCredentialName ||
      request.login().has_ssh_config()) {
    login = FindLogin(caller, request.login(), v1::Timeouts());
  }
  if (!login.ok()) return login.status();
  const std::string user = DefaultUser(request.login(), login->credential);
  absl::StatusOr<std::vector<v1::RunHost>> hosts =
      Resolve(caller, request.targets(), DefaultsOf(request.login(), *login),
              {"", /*anew=*/request.page_token().empty()});
  if (!hosts.ok()) return hosts.status();
  const absl::Status allowed = authorizer_->AuthorizeLook(
      caller, *hosts, user, NamesHostsOnly(request.targets().expression()));
  if (!allowed.ok()) return allowed;
  v1::ResolveTargetsResponse response;
  if (request.settings()) {
    const auto from_first = absl::MakeConstSpan(*hosts).subspan(std::min(first, hosts->size()));
    const absl::Status told = Report(request, *login, from_first, &response);
    if (!told.ok()) return told;
  }
  for (v1::RunHost& host : *hosts) {
    if (!caller.local()) host.clear_ssh_options();  // they may have paths
    *response.add_hosts() = std::move(host);
  }
  for (std::string& warning : WarningsOf(caller, request.targets())) {
    response.add_warnings(std::move(warning));
  }
  if (login->ssh_config != nullptr) {
    for (std::string& warning : login->ssh_config->Warnings()) {
      response.add_warnings(std::move(warning));
    }
  }
  return response;
}

absl::Status RunPreparer::Report(const v1::ResolveTargetsRequest& request, const Login& login,
                                 absl::Span<const v1::RunHost> hosts,
                                 v1::ResolveTargetsResponse* response) const {
  const std::string& file = request.targets().inventory_file();
  const auto inventory =
      files_->GetInventory(file.empty() ? config_->inventory_file : file, /*anew=*/false);
  if (!inventory.ok()) return inventory.status();
  const GivenLogin given = GivenOf(login.credential, request.login(), v1::Timeouts());
  return ReportHosts({request.login(), given, login.ssh_config.get(), inventory->get()}, hosts,
                     response);
}

absl::StatusOr<PreparedRun> RunPreparer::Prepare(const Caller& caller,
                                                 const v1::RunSpec& spec) const {
  const absl::Status checked = CheckSpec(spec);
  if (!checked.ok()) return checked;
  absl::StatusOr<Login> login = FindLogin(caller, spec.login(), spec.timeouts());
  if (!login.ok()) return login.status();
  absl::StatusOr<std::vector<v1::RunHost>> hosts =
      Resolve(caller, spec.targets(), DefaultsOf(spec.login(), *login), InventoryFor(spec));
  if (!hosts.ok()) return hosts.status();
  absl::StatusOr<PreparedRun> run = PrepareWith(caller, spec, *login, *std::move(hosts));
  if (!run.ok()) return run;
  for (std::string& warning : WarningsOf(caller, spec.targets())) {
    run->plan.warnings.push_back(std::move(warning));
  }
  return run;
}

absl::StatusOr<PreparedRun> RunPreparer::Prepare(const Caller& caller, const v1::RunSpec& spec,
                                                 std::vector<v1::RunHost> hosts) const {
  const absl::Status checked = CheckSpec(spec);
  if (!checked.ok()) return checked;
  absl::StatusOr<Login> login = FindLogin(caller, spec.login(), spec.timeouts());
  if (!login.ok()) return login.status();
  return PrepareWith(caller, spec, *login, std::move(hosts));
}

absl::StatusOr<PreparedRun> RunPreparer::PrepareAgain(const Caller& caller, const v1::RunSpec& spec,
                                                      std::vector<v1::RunHost> hosts) const {
  const absl::Status checked = CheckSpec(spec);
  if (!checked.ok()) return checked;
  absl::StatusOr<Login> login = FindLogin(caller, spec.login(), spec.timeouts());
  if (!login.ok()) return login.status();
  if (login->ssh_config != nullptr) {
    const absl::Status followed = FollowSshConfig(login->ssh_config.get(), &hosts);
    if (!followed.ok()) return followed;
  }
  return PrepareWith(caller, spec, *login, std::move(hosts));
}

absl::StatusOr<PreparedRun> RunPreparer::PrepareWith(const Caller& caller, const v1::RunSpec& spec,
                                                     const Login& login,
                                                     std::vector<v1::RunHost> hosts) const {
  absl::StatusOr<std::string> command = CommandLine(spec.command());
  if (!command.ok()) return command.status();
  absl::StatusOr<std::vector<engine::JumpHost>> jump_hosts =
      ListJumpHosts(spec.login(), DefaultUser(spec.login(), login.credential));
  if (!jump_hosts.ok()) return jump_hosts.status();
  PlainWays ways({login.credential, login.name, *jump_hosts, !spec.login().jump_hosts().empty(),
                  DefaultUser(spec.login(), login.credential)});
  const absl::Status allowed = authorizer_->Authorize(
      caller, {login.name, hosts, *jump_hosts, NamesHostsOnly(spec.targets().expression()),
               caller.local() ? std::vector<engine::JumpHost>() : ways.InventoryJumps(hosts)});
  if (!allowed.ok()) return allowed;
  size_t longest = BytesSent(spec, *command);
  PreparedRun run;
  run.job = JobOf(caller, spec, *std::move(command));
  if (!caller.local()) run.plan.hidden_paths = PathsOf(login.credential);
  run.plan.refused_environment = run.job.refused_environment;
  const absl::Status reached = ReachAll(login, &ways, hosts, spec, &run);
  if (!reached.ok()) return reached;
  if (spec.rollout().has_probe()) {
    absl::StatusOr<std::string> probe = CommandLine(spec.rollout().probe());
    if (!probe.ok()) {
      return absl::Status(probe.status().code(),
                          absl::StrCat("rollout.probe: ", probe.status().message()));
    }
    longest = std::max(longest, probe->size());
    run.probe = run.job;
    run.probe.become = nullptr;
    run.probe.action = engine::Command{*std::move(probe)};
    run.probe.partial_after = absl::ZeroDuration();
    run.probe.setup.environment = EnvironmentOf(spec.rollout().probe());
  }
  run.plan.differing = PerHostOf(spec);
  const absl::Status fits = CheckLines(spec, run.plan.differing, hosts, longest);
  if (!fits.ok()) return fits;
  run.plan.spec = WithoutSecrets(spec);
  absl::StatusOr<std::shared_ptr<engine::InputSource>> input = OpenInput(caller, &run.plan.spec);
  if (!input.ok()) return input.status();
  run.job.input = *std::move(input);  // the probe reads nothing
  ChooseSeed(run.plan.spec.mutable_rollout());
  run.plan.rollout = PlanRollout(run.plan.spec.rollout(), hosts);
  run.plan.hosts = std::move(hosts);
  run.plan.creator = caller.Text();
  run.plan.max_output_bytes_per_host = spec.output_limits().max_bytes_per_host();
  const uint64_t asked = spec.output_limits().max_bytes_per_run();
  const uint64_t most = settings_.max_output_bytes;
  run.plan.max_output_bytes = asked == 0 ? most : std::min(asked, most);
  return run;
}

absl::StatusOr<std::shared_ptr<engine::InputSource>> RunPreparer::OpenInput(
    const Caller& caller, v1::RunSpec* spec) const {
  if (spec->input() != v1::RUN_INPUT_ARTIFACT) return std::shared_ptr<engine::InputSource>();
  if (artifacts_ == nullptr) return absl::NotFoundError("this daemon keeps no artifacts");
  return artifacts_->OpenInput(caller.Text(), spec->input_artifact(), spec->mutable_input_sha256());
}

// A caller from the network need not be told what is in the daemon's own inventory.
std::vector<std::string> RunPreparer::WarningsOf(const Caller& caller,
                                                 const v1::TargetSpec& targets) const {
  const bool own = !targets.inventory_file().empty();
  if (!caller.local() || (!own && targets.ignored_variables().empty())) return {};
  const absl::StatusOr<std::shared_ptr<const Inventory>> inventory =
      files_->GetInventory(own ? targets.inventory_file() : config_->inventory_file, false);
  if (!inventory.ok()) return {};
  const std::vector<std::string> ignored(targets.ignored_variables().begin(),
                                         targets.ignored_variables().end());
  std::vector<std::string> warnings = {HintOfIgnored(ignored, inventory->get())};
  if (own && *inventory != nullptr) {
    warnings.push_back(HintOfGroups(targets.expression(), **inventory));
  }
  warnings.erase(std::remove(warnings.begin(), warnings.end(), ""), warnings.end());
  return warnings;
}

absl::StatusOr<RunPreparer::Login> RunPreparer::FindLogin(const Caller& caller,
                                                          const v1::Login& login,
                                                          const v1::Timeouts& timeouts) const {
  Login found;
  if (login.credential_case() == v1::Login::kCredentialName) {
    const absl::Status allowed = authorizer_->CheckCredential(caller, login.credential_name());
    if (!allowed.ok()) return allowed;
    const auto it = config_->credentials.find(login.credential_name());
    if (it == config_->credentials.end()) {
      if (!caller.local()) return authorizer_->DenyCredential(caller, login.credential_name());
      return absl::NotFoundError(
          absl::StrCat("login.credential_name: this daemon's configuration "
                       "has no credential \"",
                       login.credential_name(), "\""));
    }
    found.credential = it->second;
    found.name = it->first;
  } else if (caller.local()) {
    found.credential = LocalLogin(login.local());
  } else {
    return absl::PermissionDeniedError(
        "login.credential_name: this daemon is shared; name one of its credentials instead of key "
        "files, an agent or a password");
  }
  if (login.host_key_policy() == v1::HOST_KEY_POLICY_STRICT) {
    found.credential.host_key_policy = engine::HostKeyPolicy::kStrict;
  } else if (login.host_key_policy() == v1::HOST_KEY_POLICY_ACCEPT_NEW) {
    // A network caller does not decide what a shared daemon trusts.
    if (!caller.local() && found.credential.host_key_policy == engine::HostKeyPolicy::kStrict) {
      return absl::PermissionDeniedError(absl::StrCat("login.host_key_policy: credential \"",
                                                      found.name, "\" is configured as strict"));
    }
    found.credential.host_key_policy = engine::HostKeyPolicy::kAcceptNew;
  } else if (login.host_key_policy() == v1::HOST_KEY_POLICY_OFF) {
    if (!caller.local()) {
      return absl::PermissionDeniedError(
          "login.host_key_policy: a shared daemon checks every host key");
    }
    found.credential.host_key_policy = engine::HostKeyPolicy::kOff;
  }
  if (!login.has_ssh_config()) return found;
  absl::StatusOr<std::shared_ptr<SshWays>> ways =
      SshWays::Read(login, GivenOf(found.credential, login, timeouts));
  if (!ways.ok()) return ways.status();
  found.ssh_config = *std::move(ways);
  return found;
}

absl::StatusOr<std::string> RunPreparer::FindInventory(const Caller& caller,
                                                       const v1::TargetSpec& targets) const {
  if (targets.inventory_file().empty()) return config_->inventory_file;
  if (caller.local()) return targets.inventory_file();
  return absl::PermissionDeniedError(
      "targets.inventory_file: this daemon is shared and takes its inventory from its own "
      "configuration");
}

absl::StatusOr<SshWay> RunPreparer::WayOf(const Login& login, PlainWays* plain,
                                          const v1::RunHost& host) {
  SshWay way;
  if (login.ssh_config == nullptr) {
    auto access = plain->Find(host);
    if (!access.ok()) return NoWay("targets", host, access.status());
    way.access = *std::move(access);
    return way;
  }
  absl::StatusOr<SshWay> found = login.ssh_config->Find(QueryOf(host));
  if (!found.ok()) return NoWay("login.ssh_config", host, found.status());
  if (LeadsAway(*found, host)) return NoWay("login.ssh_config", host, Moved(*found));
  return found;
}

absl::Status RunPreparer::ReachAll(const Login& login, PlainWays* plain,
                                   const std::vector<v1::RunHost>& hosts, const v1::RunSpec& spec,
                                   PreparedRun* run) const {
  const bool script = spec.command().has_script();
  const bool reads_input = script || spec.input() != v1::RUN_INPUT_UNSPECIFIED;
  AccessMaker maker(files_, &run->plan);
  for (size_t i = 0; i < hosts.size(); ++i) {
    absl::StatusOr<SshWay> found = WayOf(login, plain, hosts[i]);
    if (!found.ok()) return found.status();
    SshWay way = *std::move(found);
    absl::StatusOr<std::shared_ptr<const engine::Access>> access = maker.Make(way.access);
    if (!access.ok()) return access.status();
    auto setup = reads_input ? std::move(way.setup_with_input) : std::move(way.setup);
    if (script && setup != nullptr && setup->terminal.has_value()) {
      return NoWay("login.ssh_config", hosts[i], NoTerminal());
    }
    AddReach({*std::move(access), std::move(way.host_key_alias), std::move(way.proxy_command),
              std::move(setup)},
             i, &run->reaches);
  }
  if (login.ssh_config == nullptr) return absl::OkStatus();
  for (std::string& warning : login.ssh_config->Warnings()) {
    run->plan.warnings.push_back(std::move(warning));
  }
  return absl::OkStatus();
}

}  // namespace muster::service
