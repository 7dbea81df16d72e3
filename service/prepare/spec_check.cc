#include "service/prepare/spec_check.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "proto/contract/error_details.h"
#include "proto/contract/limits.h"
#include "proto/contract/times.h"
#include "proto/nodeset/target.h"
#include "service/artifacts/artifact_name.h"
#include "service/prepare/command_line.h"
#include "service/prepare/jump_hosts.h"
#include "service/prepare/secrets.h"
#include "service/rollout/host_amount.h"
#include "ssh_engine/credentials/credential.h"

namespace muster::service {
namespace {

constexpr size_t kMostProblems = 20;

// What is wrong with a request: all of it.
class Problems {
 public:
  // `root`: where in the request the paths begin: "spec.".
  explicit Problems(const char* root) : root_(root) {}

  // Nothing where `text` is empty.
  void Add(absl::string_view field, std::string text) {
    if (!text.empty()) found_.push_back({absl::StrCat(root_, field), std::move(text)});
  }
  // More are of no use to anybody.
  bool few() const { return found_.size() < kMostProblems; }
  absl::Status ToStatus() const { return FieldError(found_, root_); }

 private:
  const char* const root_;
  std::vector<FieldProblem> found_;
};

// A number of things, or of their bytes.
void CheckMost(absl::string_view field, uint64_t value, uint64_t most, absl::string_view unit,
               Problems* problems) {
  if (value > most) problems->Add(field, absl::StrCat(value, unit, "; at most ", most));
}

template <typename Enum>
void CheckEnum(absl::string_view field, bool valid, Enum value, Problems* problems) {
  if (!valid) problems->Add(field, absl::StrCat(value, " is no value that is known"));
}

void CheckPath(absl::string_view field, const std::string& path, Problems* problems) {
  if (path.size() > kMaxPathBytes) {
    problems->Add(field,
                  absl::StrCat("a path of ", path.size(), " bytes; at most ", kMaxPathBytes));
  } else if (!absl::StartsWith(path, "/")) {
    problems->Add(field, absl::StrCat("\"", path, "\" is not an absolute path"));
  }
}

// What a duration may be at most, and how it is called.
struct DurationLimit {
  int64_t seconds;
  const char* name;
};

constexpr DurationLimit kTenYears = {kMaxTimeoutSeconds, "ten years"};
constexpr DurationLimit kAnHour = {kMaxGraceSeconds, "an hour"};

bool IsWithin(const google::protobuf::Duration& duration, int64_t most) {
  if (duration.seconds() < 0 || duration.nanos() < 0 || duration.nanos() >= 1'000'000'000) {
    return false;
  }
  return duration.seconds() < most || (duration.seconds() == most && duration.nanos() == 0);
}

void CheckDuration(absl::string_view field, const google::protobuf::Duration& duration,
                   Problems* problems, const DurationLimit& limit = kTenYears) {
  if (IsWithin(duration, limit.seconds)) return;
  problems->Add(field, absl::StrCat(duration.seconds(), " s ", duration.nanos(),
                                    " ns; it must be from 0 to ", limit.name));
}

void CheckPassword(const std::string& password, Problems* problems) {
  CheckMost("login.local.password", password.size(), kMaxPasswordBytes, " bytes", problems);
  if (absl::StrContains(password, '\0')) {
    problems->Add("login.local.password", "it holds a NUL byte, which servers take for its end");
  }
}

void CheckAnswers(const v1::LocalCredential& local, Problems* problems) {
  CheckMost("login.local.answers", static_cast<uint64_t>(local.answers_size()), kMaxAnswers,
            " answers", problems);
  for (const v1::Answer& answer : local.answers()) {
    if (answer.question().empty()) {
      problems->Add("login.local.answers.question", "it is empty; what is it the answer to?");
    }
    CheckMost("login.local.answers.question", answer.question().size(), kMaxQuestionBytes, " bytes",
              problems);
    CheckMost("login.local.answers.secret_answer", answer.secret_answer().size(), kMaxPasswordBytes,
              " bytes", problems);
    if (absl::StrContains(answer.secret_answer(), '\0')) {
      problems->Add("login.local.answers.secret_answer", "it holds a NUL byte");
    }
  }
}

void CheckMethods(const v1::LocalCredential& local, Problems* problems) {
  const char* const known[] = {engine::kPublickey, engine::kKeyboardInteractive,
                               engine::kPasswordMethod, engine::kGssapi, engine::kNone};
  CheckMost("login.local.methods", static_cast<uint64_t>(local.methods_size()), kMaxLoginMethods,
            " methods", problems);
  for (const std::string& method : local.methods()) {
    if (absl::c_linear_search(known, method)) continue;
    problems->Add("login.local.methods",
                  absl::StrCat("\"", absl::Utf8SafeCHexEscape(method), "\" is none of ",
                               absl::StrJoin(known, ", ")));
  }
}

void CheckKerberos(const v1::LocalCredential& local, Problems* problems) {
  CheckMost("login.local.kerberos_cache", local.kerberos_cache().size(), kMaxPathBytes, " bytes",
            problems);
  if (absl::StrContains(local.kerberos_cache(), '\0')) {
    problems->Add("login.local.kerberos_cache", "it holds a NUL byte");
  }
}

void CheckLocalCredential(const v1::LocalCredential& local, Problems* problems) {
  CheckMost("login.local.identity_files", static_cast<uint64_t>(local.identity_files_size()),
            kMaxFiles, " files", problems);
  CheckMost("login.local.known_hosts_files", static_cast<uint64_t>(local.known_hosts_files_size()),
            kMaxFiles, " files", problems);
  if (!local.agent_socket().empty()) {
    CheckPath("login.local.agent_socket", local.agent_socket(), problems);
  }
  for (const v1::IdentityFile& file : local.identity_files()) {
    CheckPath("login.local.identity_files", file.path(), problems);
    CheckMost("login.local.identity_files.passphrase", file.passphrase().size(),
              kMaxPassphraseBytes, " bytes", problems);
  }
  for (const std::string& file : local.known_hosts_files()) {
    CheckPath("login.local.known_hosts_files", file, problems);
  }
  CheckPassword(local.password(), problems);
  CheckAnswers(local, problems);
  CheckMethods(local, problems);
  CheckKerberos(local, problems);
}

std::string ProblemOfPort(uint32_t port) {
  return port <= 65535 ? "" : absl::StrCat(port, "; it must be from 1 to 65535");
}

void CheckSshConfig(const v1::Login& login, Problems* problems) {
  if (!login.has_ssh_config()) return;
  if (login.credential_case() != v1::Login::kLocal) {
    problems->Add("login.ssh_config", "it is read for a login by login.local only");
  }
  const v1::SshConfig& config = login.ssh_config();
  if (!config.file().empty()) CheckPath("login.ssh_config.file", config.file(), problems);
  CheckMost("login.ssh_config.options", static_cast<uint64_t>(config.options_size()),
            kMaxSshOptions, " options", problems);
  for (const std::string& option : config.options()) {
    CheckMost("login.ssh_config.options", option.size(), kMaxPathBytes, " bytes", problems);
    if (absl::string_view(option).find_first_of(absl::string_view("\n\r\0", 3)) !=
        absl::string_view::npos) {
      problems->Add("login.ssh_config.options", "an option is one line");
    }
  }
  CheckMost("login.ssh_config.passphrase", config.passphrase().size(), kMaxPassphraseBytes,
            " bytes", problems);
}

void CheckLogin(const v1::Login& login, Problems* problems) {
  CheckMost("login.credential_name", login.credential_name().size(), kMaxCredentialNameBytes,
            " bytes", problems);
  CheckEnum("login.host_key_policy", v1::HostKeyPolicy_IsValid(login.host_key_policy()),
            login.host_key_policy(), problems);
  problems->Add("login.user", ProblemOfUser(login.user()));
  problems->Add("login.port", ProblemOfPort(login.port()));
  CheckLocalCredential(login.local(), problems);
  CheckSshConfig(login, problems);
  problems->Add("login.jump_hosts", ProblemOfJumpHosts(login));
}

// What is not kept is not there for the daemon that comes back.
void CheckContinuation(const v1::RunSpec& spec, Problems* problems) {
  if (!spec.continue_after_restart() || !HasSecrets(spec)) return;
  problems->Add(
      "continue_after_restart",
      "a password, passphrase or answer is not kept, so that the run could not be continued; log "
      "in with a key of the agent, one that needs none, or a credential of the daemon's "
      "configuration");
}

void CheckBecome(const v1::RunSpec& spec, Problems* problems) {
  const v1::Become& become = spec.become();
  problems->Add("become.user", absl::StartsWith(become.user(), "-")
                                   ? "it would be taken for an option"
                                   : ProblemOfUser(become.user()));
  CheckEnum("become.method", v1::BecomeMethod_IsValid(become.method()), become.method(), problems);
  CheckMost("become.password", become.password().size(), kMaxPasswordBytes, " bytes", problems);
  if (become.password().find_first_of(std::string("\0\r\n", 3)) != std::string::npos) {
    problems->Add("become.password", "it holds a NUL or a line end, which end what is read");
  }
  if (become.keep_environment() && become.method() == v1::BECOME_METHOD_DOAS) {
    problems->Add("become.keep_environment", "only the hosts' doas.conf can say that (keepenv)");
  }
}

void CheckTerminal(const v1::RunSpec& spec, Problems* problems) {
  const v1::Terminal& terminal = spec.terminal();
  const auto graphic = [](char c) { return absl::ascii_isgraph(static_cast<unsigned char>(c)); };
  CheckMost("terminal.type", terminal.type().size(), kMaxTerminalTypeBytes, " bytes", problems);
  if (!std::all_of(terminal.type().begin(), terminal.type().end(), graphic)) {
    problems->Add("terminal.type", "it is a word of ASCII, such as \"xterm\"");
  }
  CheckMost("terminal.columns", terminal.columns(), kMaxTerminalSize, "", problems);
  CheckMost("terminal.rows", terminal.rows(), kMaxTerminalSize, "", problems);
  if (spec.has_terminal() && spec.command().has_script()) {
    problems->Add("terminal", "a script is sent over the input, and would be typed there");
  }
  if (spec.command().has_script() && spec.stop().has_grace() &&
      ToDuration(spec.stop().grace()) == absl::ZeroDuration()) {
    problems->Add("stop.grace", "0: a script whose host gets KILL at once leaves its file there");
  }
}

void CheckPartialLines(const v1::RunSpec& spec, Problems* problems) {
  if (!spec.has_partial_lines_after()) return;
  const absl::Duration after = ToDuration(spec.partial_lines_after());
  if (IsWithin(spec.partial_lines_after(), kMaxPartialSeconds) &&
      after >= absl::Milliseconds(kMinPartialMilliseconds)) {
    return;
  }
  problems->Add("partial_lines_after",
                absl::StrCat(absl::FormatDuration(after), "; it must be from ",
                             kMinPartialMilliseconds, " ms to ", kMaxPartialSeconds, " s"));
}

void CheckRequestedEnvironment(const std::string& field, const v1::Command& command,
                               Problems* problems) {
  CheckMost(field, static_cast<uint64_t>(command.requested_environment_size()),
            kMaxRequestedVariables, "", problems);
  problems->Add(field, ProblemOfVariables(command.requested_environment()));
}

void CheckTimeouts(const v1::RunSpec& spec, Problems* problems) {
  CheckDuration("timeouts.connect", spec.timeouts().connect(), problems);
  CheckDuration("timeouts.idle", spec.timeouts().idle(), problems);
  CheckDuration("timeouts.command", spec.timeouts().command(), problems);
  CheckDuration("timeouts.run", spec.timeouts().run(), problems);
  CheckDuration("stop.grace", spec.stop().grace(), problems, kAnHour);
  CheckDuration("cancel_after_disconnect", spec.cancel_after_disconnect(), problems);
  CheckMost("retries.unreachable", spec.retries().unreachable(), kMaxRetries, "", problems);
  CheckMost("retries.throttled", spec.retries().throttled(), kMaxRetries, "", problems);
}

void CheckAmount(absl::string_view field, const v1::HostAmount& amount, uint32_t least,
                 Problems* problems) {
  problems->Add(field, ProblemOf(amount, least));
}

// How it begins is looked at as its line is made. `field` ends with a dot.
void CheckScript(const std::string& field, const v1::Script& script, Problems* problems) {
  CheckMost(field + "content", script.content().size(), kMaxScriptBytes, " bytes", problems);
  CheckMost(field + "name", script.name().size(), kMaxScriptNameBytes, " bytes", problems);
  if (absl::StrContains(script.name(), '/') || absl::StrContains(script.name(), '\0') ||
      script.name() == "." || script.name() == "..") {
    problems->Add(field + "name", "it is no name of a file without its folder");
  }
  if (script.interpreter_size() > 0 && script.interpreter(0).empty()) {
    problems->Add(field + "interpreter", "it names no program");
  }
}

// Its line is measured as it is put together (command_line.h). `field` ends with a dot.
void CheckCommand(const std::string& field, const v1::Command& command, Problems* problems) {
  CheckMost(field + "working_directory", command.working_directory().size(), kMaxPathBytes,
            " bytes", problems);
  if (command.umask() > kMaxUmask) {
    problems->Add(field + "umask", absl::StrFormat("%o; at most 777 (octal)", command.umask()));
  }
  CheckScript(field + "script.", command.script(), problems);
  CheckRequestedEnvironment(field + "requested_environment", command, problems);
}

void CheckRollout(const v1::Rollout& rollout, Problems* problems) {
  CheckMost("rollout.max_in_flight", rollout.max_in_flight(), kMaxInFlight, " hosts", problems);
  CheckMost("rollout.batches", static_cast<uint64_t>(rollout.batches_size()), kMaxBatches,
            " batches", problems);
  for (int i = 0; i < std::min(rollout.batches_size(), kMaxBatches); ++i) {
    CheckAmount(absl::StrCat("rollout.batches[", i, "]"), rollout.batches(i), 1, problems);
  }
  if (rollout.has_max_failures()) {
    CheckAmount("rollout.max_failures", rollout.max_failures(), 0, problems);
  }
  CheckDuration("rollout.batch_pause", rollout.batch_pause(), problems);
  if (rollout.has_probe() && rollout.probe().form_case() == v1::Command::FORM_NOT_SET) {
    problems->Add("rollout.probe", "it has no command");
  }
  if (rollout.probe().has_script()) {
    problems->Add("rollout.probe.script", "a probe is a line or arguments, and is sent no script");
  }
  CheckCommand("rollout.probe.", rollout.probe(), problems);
  CheckEnum("rollout.order", v1::HostOrder_IsValid(rollout.order()), rollout.order(), problems);
  CheckMost("rollout.shuffle_seed", rollout.shuffle_seed(), kMaxNumber, "", problems);
  CheckMost("rollout.lock", rollout.lock().size(), kMaxLockBytes, " bytes", problems);
}

void CheckOutputLimits(const v1::OutputLimits& limits, Problems* problems) {
  CheckEnum("output_limits.policy", v1::OutputLimitPolicy_IsValid(limits.policy()), limits.policy(),
            problems);
  CheckMost("output_limits.max_bytes_per_host", limits.max_bytes_per_host(), kMaxNumber, "",
            problems);
  CheckMost("output_limits.max_bytes_per_run", limits.max_bytes_per_run(), kMaxNumber, "",
            problems);
}

void CheckLabels(const v1::RunSpec& spec, Problems* problems) {
  CheckMost("labels", static_cast<uint64_t>(spec.labels_size()), kMaxLabels, " labels", problems);
  for (const auto& label : spec.labels()) {
    if (label.first.empty() || label.first.size() > kMaxLabelBytes ||
        label.second.size() > kMaxLabelBytes) {
      problems->Add("labels", absl::StrCat("keys and values have at most ", kMaxLabelBytes,
                                           " bytes, and keys at least one"));
      return;
    }
  }
}

void CheckInput(const v1::RunSpec& spec, Problems* problems) {
  const bool artifact = spec.input() == v1::RUN_INPUT_ARTIFACT;
  const size_t digest = spec.input_sha256().size();
  if (artifact) problems->Add("input_artifact", ProblemOfArtifactName(spec.input_artifact()));
  if (!artifact && !spec.input_artifact().empty()) {
    problems->Add("input_artifact", "it counts only where input is ARTIFACT");
  }
  if (!artifact && digest > 0) {
    problems->Add("input_sha256", "it counts only where input is ARTIFACT");
  } else if (digest != 0 && digest != 32) {
    problems->Add("input_sha256", absl::StrCat(digest, " bytes; it has 32, or none"));
  }
}

// As in an expression, but without user and port.
std::string ProblemOfName(const std::string& name) {
  if (name.size() > kMaxHostNameBytes) {
    return absl::StrCat(name.size(), " bytes; at most ", kMaxHostNameBytes);
  }
  const absl::StatusOr<Target> target = ParseTarget(FormatTarget({"", name, 0}));
  if (!target.ok()) return std::string(target.status().message());
  const bool bare = target->user.empty() && target->port == 0 && target->host == name;
  return bare ? "" : absl::StrCat("\"", name, "\" is no name or address alone");
}

void CheckHost(const std::string& field, const v1::TargetHost& host, Problems* problems) {
  problems->Add(field + ".name", ProblemOfName(host.name()));
  problems->Add(field + ".address", host.address().empty() ? "" : ProblemOfName(host.address()));
  problems->Add(field + ".user", ProblemOfUser(host.user()));
  problems->Add(field + ".port", ProblemOfPort(host.port()));
  CheckMost(field + ".variables", static_cast<uint64_t>(host.variables_size()), kMaxHostVariables,
            "", problems);
  problems->Add(field + ".variables", ProblemOfVariables(host.variables()));
}

void CheckTargets(const v1::TargetSpec& targets, Problems* problems) {
  if (targets.expression().size() > kMaxTargetExpressionBytes) {
    problems->Add("targets.expression",
                  absl::StrCat(targets.expression().size(), " bytes; at most ",
                               kMaxTargetExpressionBytes, ": put the hosts into an inventory"));
  }
  CheckMost("targets.ignored_variables", static_cast<uint64_t>(targets.ignored_variables_size()),
            kMaxIgnoredVariables, "", problems);
  if (!targets.inventory_file().empty()) {
    CheckPath("targets.inventory_file", targets.inventory_file(), problems);
  }
  CheckMost("targets.hosts", static_cast<uint64_t>(targets.hosts_size()), kMaxHosts, " hosts",
            problems);
  for (int i = 0; i < targets.hosts_size() && problems->few(); ++i) {
    CheckHost(absl::StrCat("targets.hosts[", i, "]"), targets.hosts(i), problems);
  }
}

void CheckAction(const v1::RunSpec& spec, Problems* problems) {
  switch (spec.action_case()) {
    case v1::RunSpec::kCommand:
      return CheckCommand("command.", spec.command(), problems);
    case v1::RunSpec::ACTION_NOT_SET:
      problems->Add("command", "it is missing; name what is to run, such as \"uptime\"");
  }
}

}  // namespace

std::string ProblemOfUser(const std::string& user) {
  const bool printable = user.find_first_of(std::string("\0\n\r", 3)) == std::string::npos;
  if (printable && user.size() <= kMaxUserBytes) return "";
  return absl::StrCat("it is longer than ", kMaxUserBytes, " bytes or holds line ends");
}

absl::Status CheckRequest(const v1::ResolveTargetsRequest& request) {
  Problems problems("");
  CheckTargets(request.targets(), &problems);
  CheckLogin(request.login(), &problems);
  return problems.ToStatus();
}

absl::Status CheckSpec(const v1::RunSpec& spec) {
  Problems problems("spec.");
  CheckTargets(spec.targets(), &problems);
  CheckAction(spec, &problems);
  CheckLogin(spec.login(), &problems);
  CheckContinuation(spec, &problems);
  CheckBecome(spec, &problems);
  CheckTerminal(spec, &problems);
  CheckPartialLines(spec, &problems);
  CheckTimeouts(spec, &problems);
  CheckRollout(spec.rollout(), &problems);
  CheckOutputLimits(spec.output_limits(), &problems);
  CheckLabels(spec, &problems);
  CheckInput(spec, &problems);
  return problems.ToStatus();
}

}  // namespace muster::service
