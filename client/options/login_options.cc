#include "client/options/login_options.h"

#include <google/protobuf/util/time_util.h>
#include <stdlib.h>
#include <unistd.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/options/become_options.h"
#include "client/options/caller_file.h"
#include "client/options/command_options.h"
#include "client/options/config_file.h"
#include "client/options/own_login.h"
#include "client/options/rollout_options.h"
#include "client/options/target_expression.h"
#include "client/options/utf8_check.h"
#include "client/text/columns.h"
#include "client/text/state_names.h"
#include "proto/nodeset/target.h"

namespace muster::client {
namespace {

// With what the journal and the stream take, a part shows within 200 ms.
constexpr absl::Duration kPartialAfter = absl::Milliseconds(50);

absl::Status Invalid(absl::string_view option, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(option, ": ", problem));
}

bool Exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

google::protobuf::Duration ToProto(absl::Duration duration) {
  return google::protobuf::util::TimeUtil::NanosecondsToDuration(
      absl::ToInt64Nanoseconds(duration));
}

// As ours, where there is one.
void FillTerminal(v1::Terminal* terminal) {
  terminal->set_type(FromEnvironment("TERM"));
  const TerminalExtent extent = OwnTerminal();
  terminal->set_columns(extent.columns);
  terminal->set_rows(extent.rows);
}

// In the notation of targets.
absl::Status FillJumpHosts(const std::string& text, v1::Login* login) {
  if (text.empty()) return absl::OkStatus();
  for (const absl::string_view entry : absl::StrSplit(text, ',')) {
    const absl::StatusOr<Target> host = ParseTarget(absl::StripAsciiWhitespace(entry));
    if (!host.ok()) {
      return Invalid("--jump", absl::StrCat("\"", entry, "\": ", host.status().message()));
    }
    login->add_jump_hosts(FormatTarget(*host));
  }
  return absl::OkStatus();
}

absl::Status FillCredential(const Options& options, v1::Login* login) {
  login->set_credential_name(options.credential);
  const absl::string_view option = SshConfigOption(options);
  if (option.empty()) return absl::OkStatus();
  return Invalid(option,
                 "it does not hold for a credential of the daemon; leave out this or --credential");
}

absl::Status FillLogin(const Options& options, const ServerAddress& server,
                       const LoginSecrets& secrets, v1::Login* login) {
  login->set_user(options.user);
  login->set_port(options.port);
  if (options.host_key_policy == "strict") {
    login->set_host_key_policy(v1::HOST_KEY_POLICY_STRICT);
  } else if (options.host_key_policy == "accept-new") {
    login->set_host_key_policy(v1::HOST_KEY_POLICY_ACCEPT_NEW);
  } else if (options.host_key_policy == "off") {
    login->set_host_key_policy(v1::HOST_KEY_POLICY_OFF);
  }
  const absl::Status way = FillJumpHosts(options.jump_hosts, login);
  if (!way.ok()) return way;
  if (!options.credential.empty()) return FillCredential(options, login);
  if (server.is_unix()) return FillOwnLogin(options, secrets, login);
  return Invalid("--credential", absl::StrCat("musterd at ", server.target,
                                              " is shared: name one of the credentials that it is "
                                              "configured with"));
}

absl::Status CheckNetworkOptions(const Options& options, const ServerAddress& server) {
  if (server.is_unix()) return absl::OkStatus();
  const absl::string_view of_files = SshConfigOption(options);
  if (options.long_list) {
    return Invalid("--long", absl::StrCat("musterd at ", server.target,
                                          " is shared and follows no ssh_config of yours; it does "
                                          "not tell how it reaches hosts"));
  }
  const absl::string_view option = !options.identity_files.empty()  ? "--identity"
                                   : options.identities_only        ? "--identities-only"
                                   : !options.known_hosts.empty()   ? "--known-hosts"
                                   : !options.login_methods.empty() ? "--login-methods"
                                   : options.gssapi                 ? "--gssapi"
                                   : options.gssapi_delegate        ? "--gssapi-delegate"
                                                                    : of_files;
  if (option.empty()) return absl::OkStatus();
  const char* const instead = option == of_files ? "leave it out" : "use --credential";
  return Invalid(option, absl::StrCat("musterd at ", server.target,
                                      " is shared and cannot read your files; ", instead));
}

// What was not given is not set: an older daemon refuses a run with a field that it does not know.
void FillTimeouts(const Options& options, v1::Timeouts* timeouts) {
  const auto given = [](absl::Duration limit) { return limit > absl::ZeroDuration(); };
  if (given(options.connect_timeout)) {
    *timeouts->mutable_connect() = ToProto(options.connect_timeout);
  }
  if (given(options.idle_timeout)) *timeouts->mutable_idle() = ToProto(options.idle_timeout);
  if (given(options.command_timeout)) {
    *timeouts->mutable_command() = ToProto(options.command_timeout);
  }
  if (given(options.run_timeout)) *timeouts->mutable_run() = ToProto(options.run_timeout);
}

void FillStopping(const Options& options, v1::RunSpec* spec) {
  if (options.stop_grace >= absl::ZeroDuration()) {
    *spec->mutable_stop()->mutable_grace() = ToProto(options.stop_grace);
  }
  spec->mutable_stop()->set_signal_only(options.signal_only);
  spec->set_continue_after_restart(options.continue_after_restart);
}

void FillOutputLimits(const Options& options, v1::OutputLimits* limits) {
  limits->set_max_bytes_per_host(options.output_limit);
  limits->set_max_bytes_per_run(options.run_output_limit);
  if (options.on_output_limit == "cancel") limits->set_policy(v1::OUTPUT_LIMIT_POLICY_CANCEL_HOST);
}

}  // namespace

bool GivesLogin(const Options& options) {
  return !options.user.empty() || !options.identity_files.empty() || options.ask_passphrase ||
         options.ask_password || !options.password_file.empty() || options.identities_only ||
         !options.password_command.empty() || !options.answers_file.empty() ||
         !options.asked_answers.empty() || !options.login_methods.empty() || options.gssapi ||
         options.gssapi_delegate || !options.known_hosts.empty() || !options.ssh_config.empty() ||
         !options.ssh_options.empty() || !options.credential.empty() ||
         !options.host_key_policy.empty() || !options.jump_hosts.empty();
}

absl::StatusOr<v1::TargetSpec> MakeTargetSpec(const Options& options, const ServerAddress& server) {
  v1::TargetSpec targets;
  absl::StatusOr<std::string> expression = TargetExpression(options.targets, options.exclude);
  if (!expression.ok()) return expression.status();
  targets.set_expression(*std::move(expression));
  std::string inventory = options.inventory;
  if (inventory.empty() && server.is_unix()) {
    inventory = ConfigFolder() + "/inventory.yaml";
    if (!Exists(inventory)) inventory.clear();
  }
  for (const std::string& name : options.ignored_variables) targets.add_ignored_variables(name);
  if (inventory.empty()) return targets;
  absl::StatusOr<std::string> path = PathForDaemon(inventory);
  if (!path.ok()) return Invalid("--inventory", path.status().message());
  targets.set_inventory_file(*std::move(path));
  return targets;
}

absl::StatusOr<v1::ResolveTargetsRequest> MakeResolveRequest(const Options& options,
                                                             const ServerAddress& server) {
  absl::Status status = CheckNetworkOptions(options, server);
  v1::ResolveTargetsRequest request;
  absl::StatusOr<v1::TargetSpec> targets = MakeTargetSpec(options, server);
  status.Update(targets.status());
  if (!status.ok()) return status;
  *request.mutable_targets() = *std::move(targets);
  v1::Login* const login = request.mutable_login();
  login->set_user(options.user);
  login->set_port(options.port);
  request.set_settings(options.long_list);
  if (server.is_unix()) status = FillOwnLogin(options, {}, login);
  status.Update(CheckUtf8(request));
  if (!status.ok()) return status;
  return request;
}

absl::StatusOr<v1::RunSpec> MakeRunSpec(const Options& options, const ServerAddress& server,
                                        const LoginSecrets& secrets) {
  absl::Status status = CheckNetworkOptions(options, server);
  v1::RunSpec spec;
  absl::StatusOr<v1::TargetSpec> targets = MakeTargetSpec(options, server);
  status.Update(targets.status());
  if (!status.ok()) return status;
  *spec.mutable_targets() = *std::move(targets);
  status.Update(FillCommand(options, spec.mutable_command()));
  status.Update(FillLogin(options, server, secrets, spec.mutable_login()));
  if (options.partial) *spec.mutable_partial_lines_after() = ToProto(kPartialAfter);
  if (options.tty) FillTerminal(spec.mutable_terminal());
  FillTimeouts(options, spec.mutable_timeouts());
  status.Update(FillBecome(options.become, secrets.become_password, &spec));
  spec.mutable_retries()->set_unreachable(options.retries);
  if (!options.input_artifact.empty()) spec.set_input(v1::RUN_INPUT_ARTIFACT);
  spec.set_input_artifact(options.input_artifact);
  status.Update(FillRollout(options.rollout, spec.mutable_rollout()));
  if (options.placeholders && spec.rollout().has_probe()) {
    spec.mutable_rollout()->mutable_probe()->set_placeholders(true);
  }
  FillStopping(options, &spec);
  FillOutputLimits(options, spec.mutable_output_limits());
  for (const std::string& label : options.labels) {
    status.Update(AddPair("--label", label, spec.mutable_labels()));
  }
  status.Update(CheckUtf8(spec));
  if (!status.ok()) return status;
  return spec;
}

absl::StatusOr<v1::RerunHostsRequest> MakeRerunRequest(const Options& options,
                                                       const ServerAddress& server,
                                                       const LoginSecrets& secrets) {
  v1::RerunHostsRequest request;
  request.set_run_id(options.run_id);
  request.set_request_id(options.request_id);
  request.set_become_password(secrets.become_password);
  const absl::StatusOr<std::vector<v1::HostState>> states = ParseHostStates(options.states);
  if (!states.ok()) return Invalid("--states", states.status().message());
  for (const v1::HostState state : *states) request.add_states(state);
  if (!GivesLogin(options)) return request;
  absl::Status status = CheckNetworkOptions(options, server);
  status.Update(FillLogin(options, server, secrets, request.mutable_login()));
  status.Update(CheckUtf8(request));
  if (!status.ok()) return status;
  return request;
}

}  // namespace muster::client
