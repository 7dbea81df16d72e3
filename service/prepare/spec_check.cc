#include "service/prepare/spec_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "proto/contract/limits.h"
#include "service/prepare/jump_hosts.h"
#include "service/rollout/host_amount.h"

namespace muster::service {
namespace {

absl::Status Invalid(absl::string_view field, absl::string_view problem) {
  return absl::InvalidArgumentError(absl::StrCat(field, ": ", problem));
}

absl::Status CheckPath(absl::string_view field, const std::string& path) {
  if (path.size() > kMaxPathBytes) {
    return Invalid(field,
                   absl::StrCat("a path of ", path.size(), " bytes; at most ", kMaxPathBytes));
  }
  if (absl::StartsWith(path, "/")) return absl::OkStatus();
  return Invalid(field, absl::StrCat("\"", path, "\" is not an absolute path"));
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

absl::Status CheckDuration(absl::string_view field, const google::protobuf::Duration& duration,
                           const DurationLimit& limit = kTenYears) {
  if (IsWithin(duration, limit.seconds)) return absl::OkStatus();
  return Invalid(field, absl::StrCat(duration.seconds(), " s ", duration.nanos(),
                                     " ns; it must be from 0 to ", limit.name));
}

absl::Status CheckLocalCredential(const v1::LocalCredential& local) {
  if (local.identity_files_size() > kMaxFiles || local.known_hosts_files_size() > kMaxFiles) {
    return Invalid("login.local", absl::StrCat("at most ", kMaxFiles,
                                               " identity files and as many known_hosts files"));
  }
  absl::Status status;
  if (!local.agent_socket().empty()) {
    status.Update(CheckPath("login.local.agent_socket", local.agent_socket()));
  }
  for (const v1::IdentityFile& file : local.identity_files()) {
    status.Update(CheckPath("login.local.identity_files", file.path()));
    if (file.passphrase().size() > kMaxPassphraseBytes) {
      status.Update(
          Invalid("login.local.identity_files",
                  absl::StrCat("a passphrase has at most ", kMaxPassphraseBytes, " bytes")));
    }
  }
  for (const std::string& file : local.known_hosts_files()) {
    status.Update(CheckPath("login.local.known_hosts_files", file));
  }
  return status;
}

absl::Status CheckLogin(const v1::Login& login) {
  if (login.credential_name().size() > kMaxCredentialNameBytes) {
    return Invalid(
        "login.credential_name",
        absl::StrCat(login.credential_name().size(), " bytes; at most ", kMaxCredentialNameBytes));
  }
  if (!v1::HostKeyPolicy_IsValid(login.host_key_policy())) {
    return Invalid("login.host_key_policy", "this value is not known");
  }
  absl::Status status = CheckUser("login.user", login.user());
  status.Update(CheckPort("login.port", login.port()));
  status.Update(CheckLocalCredential(login.local()));
  status.Update(ListJumpHosts(login, login.user()).status());
  return status;
}

absl::Status CheckTimeouts(const v1::Timeouts& timeouts) {
  absl::Status status = CheckDuration("timeouts.connect", timeouts.connect());
  status.Update(CheckDuration("timeouts.idle", timeouts.idle()));
  status.Update(CheckDuration("timeouts.command", timeouts.command()));
  status.Update(CheckDuration("timeouts.run", timeouts.run()));
  return status;
}

absl::Status CheckRetries(const v1::Retries& retries) {
  const uint32_t most = std::max(retries.unreachable(), retries.throttled());
  if (most <= kMaxRetries) return absl::OkStatus();
  return Invalid("retries", absl::StrCat(most, "; at most ", kMaxRetries));
}

absl::Status CheckBatches(const v1::Rollout& rollout) {
  if (rollout.batches_size() > kMaxBatches) {
    return Invalid("rollout.batches",
                   absl::StrCat(rollout.batches_size(), "; at most ", kMaxBatches));
  }
  for (const std::string& batch : rollout.batches()) {
    const absl::Status status = ParseHostAmount("rollout.batches", batch, 1).status();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckTurns(const v1::Rollout& rollout) {
  if (rollout.max_in_flight() > kMaxInFlight) {
    return Invalid("rollout.max_in_flight",
                   absl::StrCat(rollout.max_in_flight(), "; at most ", kMaxInFlight));
  }
  if (!v1::HostOrder_IsValid(rollout.order())) {
    return Invalid("rollout.order", "this value is not known");
  }
  if (rollout.lock().size() > kMaxLockBytes) {
    return Invalid("rollout.lock",
                   absl::StrCat(rollout.lock().size(), " bytes; at most ", kMaxLockBytes));
  }
  return absl::OkStatus();
}

absl::Status CheckRollout(const v1::Rollout& rollout) {
  absl::Status status = CheckTurns(rollout);
  status.Update(CheckBatches(rollout));
  if (!rollout.max_failures().empty()) {
    status.Update(ParseHostAmount("rollout.max_failures", rollout.max_failures(), 0).status());
  }
  status.Update(CheckDuration("rollout.batch_pause", rollout.batch_pause()));
  if (rollout.has_probe() && rollout.probe().form_case() == v1::Command::FORM_NOT_SET) {
    status.Update(Invalid("rollout.probe", "it has no command"));
  }
  return status;
}

absl::Status CheckOutputLimits(const v1::OutputLimits& limits) {
  if (v1::OutputLimitPolicy_IsValid(limits.policy())) return absl::OkStatus();
  return Invalid("output_limits.policy", "this value is not known");
}

absl::Status CheckLabels(const v1::RunSpec& spec) {
  if (spec.labels_size() > kMaxLabels) {
    return Invalid("labels", absl::StrCat(spec.labels_size(), "; at most ", kMaxLabels));
  }
  for (const auto& label : spec.labels()) {
    if (label.first.empty() || label.first.size() > kMaxLabelBytes ||
        label.second.size() > kMaxLabelBytes) {
      return Invalid("labels", absl::StrCat("keys and values have at most ", kMaxLabelBytes,
                                            " bytes, and keys at least one"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUser(absl::string_view field, const std::string& user) {
  const bool printable = user.find_first_of(std::string("\0\n\r", 3)) == std::string::npos;
  if (printable && user.size() <= kMaxUserBytes) return absl::OkStatus();
  return Invalid(field,
                 absl::StrCat("it is longer than ", kMaxUserBytes, " bytes or holds line ends"));
}

absl::Status CheckPort(absl::string_view field, uint32_t port) {
  if (port <= 65535) return absl::OkStatus();
  return Invalid(field, absl::StrCat(port, "; it must be from 1 to 65535"));
}

absl::Status CheckTargets(const v1::TargetSpec& targets) {
  if (targets.expression().size() > kMaxTargetExpressionBytes) {
    return Invalid("targets.expression",
                   absl::StrCat(targets.expression().size(), " bytes; at most ",
                                kMaxTargetExpressionBytes, ": put the hosts into an inventory"));
  }
  if (targets.ignored_variables_size() > kMaxIgnoredVariables) {
    return Invalid("targets.ignored_variables", absl::StrCat(targets.ignored_variables_size(),
                                                             "; at most ", kMaxIgnoredVariables));
  }
  if (targets.inventory_file().empty()) return absl::OkStatus();
  return CheckPath("targets.inventory_file", targets.inventory_file());
}

absl::Status CheckSpec(const v1::RunSpec& spec) {
  absl::Status status = CheckTargets(spec.targets());
  if (spec.action_case() == v1::RunSpec::ACTION_NOT_SET) {
    status.Update(Invalid("command", "it is missing; name what is to run, such as \"uptime\""));
  }
  status.Update(CheckLogin(spec.login()));
  status.Update(CheckTimeouts(spec.timeouts()));
  status.Update(CheckRetries(spec.retries()));
  status.Update(CheckRollout(spec.rollout()));
  status.Update(CheckDuration("stop.grace", spec.stop().grace(), kAnHour));
  status.Update(CheckOutputLimits(spec.output_limits()));
  status.Update(CheckLabels(spec));
  return status;
}

}  // namespace muster::service
