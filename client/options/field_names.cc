#include "client/options/field_names.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "muster/v1/run_service.pb.h"
#include "muster/v1/target_service.pb.h"

namespace muster::client {
namespace {

struct Source {
  absl::string_view path;
  absl::string_view option;
};

constexpr Source kSources[] = {
    {"targets.expression", "--targets"},
    {"targets.inventory_file", "--inventory"},
    {"targets.ignored_variables", "--ignore-variable"},
    {"command", "the command"},
    {"command.shell", "the command"},
    {"command.argv.arguments", "the command"},
    {"command.environment", "--env"},
    {"command.working_directory", "--chdir"},
    {"working_directory", "--chdir"},
    {"command.umask", "--umask"},
    {"command.placeholders", "--placeholders"},
    {"command.script", "--script"},
    {"script", "--script"},
    {"command.script.content", "--script"},
    {"command.script.arguments", "the script's arguments"},
    {"command.script.name", "--script"},
    {"command.script.interpreter", "--interpreter"},
    {"environment", "--env"},
    {"command.requested_environment", "--request-env"},
    {"rollout.probe.requested_environment", "--probe"},
    {"partial_lines_after", "--partial"},
    {"terminal", "--tty"},
    {"terminal.type", "$TERM (--tty)"},
    {"terminal.columns", "--tty"},
    {"terminal.rows", "--tty"},
    {"login.user", "--user"},
    {"user", "--user"},
    {"login.port", "--port"},
    {"port", "--port"},
    {"login.local", "--identity, --known-hosts"},
    {"login.local.agent_socket", "$SSH_AUTH_SOCK"},
    {"login.local.identity_files", "--identity"},
    {"login.local.identity_files.path", "--identity"},
    {"login.local.identity_files.passphrase", "the passphrase"},
    {"login.local.identity_files.optional", "--identity"},
    {"login.local.password", "the password"},
    {"login.local.answers", "--answers-file"},
    {"login.local.answers.question", "--answers-file, --ask-answer"},
    {"login.local.answers.secret_answer", "--answers-file, --ask-answer"},
    {"login.local.gssapi", "--gssapi"},
    {"login.local.gssapi_delegate", "--gssapi-delegate"},
    {"login.local.kerberos_cache", "$KRB5CCNAME"},
    {"login.local.methods", "--login-methods"},
    {"login.local.identities_only", "--identities-only"},
    {"login.local.known_hosts_files", "--known-hosts"},
    {"login.local.hash_known_hosts", "HashKnownHosts of ssh_config"},
    {"login.ssh_config", "--ssh-config"},
    {"login.ssh_config.file", "--ssh-config"},
    {"login.ssh_config.options", "--ssh-option"},
    {"login.ssh_config.passphrase", "the passphrase"},
    {"login.credential_name", "--credential"},
    {"become", "--become"},
    {"become.user", "--become"},
    {"become.method", "--become-method"},
    {"become.password", "the password to become another user with"},
    {"become.keep_environment", "--become-keep-env"},
    {"become_password", "the password to become another user with"},
    {"login.host_key_policy", "--host-key-policy"},
    {"login.jump_hosts", "--jump"},
    {"timeouts.connect", "--connect-timeout"},
    {"timeouts.idle", "--idle-timeout"},
    {"timeouts.command", "--command-timeout"},
    {"timeouts.run", "--run-timeout"},
    {"retries", "--retries"},
    {"retries.unreachable", "--retries"},
    {"retries.throttled", "--retries"},
    {"rollout.max_in_flight", "--max-in-flight"},
    {"rollout.batches", "--batches"},
    {"rollout.batches.hosts", "--batches"},
    {"rollout.batches.percent", "--batches"},
    {"input", "standard input (-n: none)"},
    {"input_artifact", "--input-artifact"},
    {"input_sha256", "--input-artifact"},
    {"targets.hosts", "--targets"},
    {"targets.hosts.name", "--targets"},
    {"targets.hosts.address", "--targets"},
    {"targets.hosts.port", "--targets"},
    {"targets.hosts.user", "--targets"},
    {"targets.hosts.variables", "--targets"},
    {"rollout.batch_pause", "--batch-pause"},
    {"rollout.confirm_batches", "--confirm-batches"},
    {"rollout.max_failures", "--max-failures"},
    {"rollout.max_failures.hosts", "--max-failures"},
    {"rollout.max_failures.percent", "--max-failures"},
    {"rollout.order", "--order"},
    {"rollout.shuffle_seed", "--order"},
    {"rollout.lock", "--lock"},
    {"rollout.probe", "--probe"},
    {"rollout.probe.shell", "--probe"},
    {"rollout.probe.argv.arguments", "--probe"},
    {"rollout.probe.environment", "--probe"},
    {"rollout.probe.working_directory", "--probe"},
    {"rollout.probe.umask", "--probe"},
    {"rollout.probe.placeholders", "--placeholders"},
    {"rollout.probe.script", "--probe"},
    {"rollout.probe.script.content", "--probe"},
    {"rollout.probe.script.arguments", "--probe"},
    {"rollout.probe.script.name", "--probe"},
    {"rollout.probe.script.interpreter", "--probe"},
    {"stop.grace", "--stop-grace"},
    {"stop.signal_only", "--signal-only"},
    {"continue_after_restart", "--continue-after-restart"},
    {"cancel_after_disconnect", "--detach"},
    {"output_limits.max_bytes_per_host", "--output-limit"},
    {"output_limits.max_bytes_per_run", "--run-output-limit"},
    {"output_limits.policy", "--on-output-limit"},
    {"labels", "--label"},
    {"request_id", "--request-id"},
    {"run_id", "the run's id"},
    {"id_prefix", "the run's id"},
    {"states", "--states"},
    {"after_sequence", "--from"},
    {"host_indexes", "--hosts"},
    {"pattern", "--grep"},
    {"command_contains", "--command"},
    {"creator", "--creator"},
    {"name", "the artifact's name"},
    {"settings", "--long"},
};

bool IsOfPath(char c) { return absl::ascii_isalnum(c) || c == '_' || c == '.' || c == '-'; }
bool IsOfLongPath(char c) { return IsOfPath(c) || c == '[' || c == ']'; }

constexpr absl::string_view kField = "field ";

// It is sent though nobody gave it: "do without" would not say how.
constexpr absl::string_view kWithoutSshConfig =
    " (muster daemon restart starts your own anew, and -F none does without)";

// In a request of this kind; empty: there is none.
std::string NameIn(const google::protobuf::Descriptor* message, absl::string_view path,
                   int number) {
  std::string name;
  for (absl::string_view step : absl::StrSplit(path, '.', absl::SkipEmpty())) {
    step = step.substr(0, step.find('['));
    const auto* field = message->FindFieldByName(std::string(step));
    if (field == nullptr || field->message_type() == nullptr) return "";
    absl::StrAppend(&name, step, ".");
    message = field->message_type();
  }
  const auto* field = message->FindFieldByNumber(number);
  return field == nullptr ? "" : absl::StrCat(name, field->name());
}

// Of the contract that this muster knows.
std::string NameOfField(absl::string_view path, int number) {
  for (const auto* request :
       {v1::CreateAndWatchRunRequest::descriptor(), v1::RerunHostsRequest::descriptor(),
        v1::WatchRunRequest::descriptor(), v1::ListRunsRequest::descriptor(),
        v1::ResolveTargetsRequest::descriptor()}) {
    std::string name = NameIn(request, path, number);
    const std::string option = OptionOf(absl::StripPrefix(name, "spec."));
    if (option == "--ssh-config") return absl::StrCat(option, kWithoutSshConfig);
    if (!option.empty()) return option;
    if (!name.empty()) return name;
  }
  return "";
}

// The path or other word that `text` begins with; a full stop ends a sentence.
absl::string_view WordAt(absl::string_view text) {
  size_t size = 0;
  while (size < text.size() && IsOfPath(text[size])) ++size;
  while (size > 0 && text[size - 1] == '.') --size;
  return text.substr(0, size);
}

// What an older daemon does not know, with the names that this muster has for it.
std::string WithFieldNames(absl::string_view text) {
  std::string told;
  for (size_t at = 0; at < text.size();) {
    const size_t field = text.find(kField, at);
    size_t digits = field == text.npos ? text.size() : field + kField.size();
    const size_t number = digits;
    while (digits < text.size() && absl::ascii_isdigit(text[digits])) ++digits;
    size_t path = std::min(field, text.size());
    while (path > at && IsOfLongPath(text[path - 1])) --path;
    std::string name;
    int value = 0;
    if (absl::SimpleAtoi(text.substr(number, digits - number), &value)) {
      name = NameOfField(text.substr(path, field - path), value);
    }
    absl::StrAppend(&told, text.substr(at, path - at),
                    name.empty() ? text.substr(path, digits - path) : absl::string_view(name));
    at = digits;
  }
  return told;
}

}  // namespace

std::string OptionOf(absl::string_view path) {
  for (const Source& source : kSources) {
    if (path == source.path) return std::string(source.option);
  }
  return "";
}

std::string InOptions(absl::string_view said) {
  const std::string text = WithFieldNames(said);
  std::string told;
  bool quoted = false;
  for (size_t at = 0; at < text.size();) {
    const absl::string_view word = WordAt(absl::string_view(text).substr(at));
    if (word.empty()) {
      quoted ^= text[at] == '"';
      told.push_back(text[at++]);
      continue;
    }
    const size_t end = at + word.size();
    const bool heads = at == 0 && end < text.size() && text[end] == ':';
    const bool dotted = word.find('.') != absl::string_view::npos;
    const std::string option = heads || (dotted && !quoted) ? OptionOf(word) : "";
    absl::StrAppend(&told, option.empty() ? word : absl::string_view(option));
    at = end;
  }
  return told;
}

}  // namespace muster::client
