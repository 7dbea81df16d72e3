#include "client/text/outcome_text.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "client/text/columns.h"
#include "client/text/state_names.h"
#include "proto/contract/states.h"
#include "proto/contract/visible_text.h"
#include "proto/nodeset/node_set.h"

namespace muster::client {
namespace {

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds()) + absl::Nanoseconds(stamp.nanos());
}

// Beside the words of any state.
absl::string_view Reason(v1::Cause cause) {
  switch (cause) {
    case v1::CAUSE_DNS:
      return " (name not found)";
    case v1::CAUSE_DNS_FAILED:
      return " (name server failed)";
    case v1::CAUSE_REFUSED:
      return " (connection refused)";
    case v1::CAUSE_TIMEOUT:
      return " (network timeout)";
    case v1::CAUSE_RESET:
      return " (connection broken)";
    case v1::CAUSE_NETWORK:
      return " (no route)";
    case v1::CAUSE_PROTOCOL:
      return " (not SSH, or nothing in common)";
    case v1::CAUSE_LOCAL:
      return " (out of resources here)";
    case v1::CAUSE_HOST_KEY_UNKNOWN:
      return " (unknown)";
    case v1::CAUSE_HOST_KEY_CHANGED:
      return " (CHANGED)";
    case v1::CAUSE_HOST_KEY_REVOKED:
      return " (revoked)";
    case v1::CAUSE_HOST_KEY_UNSAVED:
      return " (could not be saved)";
    case v1::CAUSE_EXEC_REFUSED:
      return " (command refused)";
    case v1::CAUSE_OUTPUT_LIMIT:
      return " (output limit)";
    case v1::CAUSE_DAEMON_LOST:
      return " (musterd ended)";
    case v1::CAUSE_PENALIZED:
      return " (it penalizes this address)";
    case v1::CAUSE_FORWARDING_REFUSED:
      return " (a jump host does not forward)";
    case v1::CAUSE_BECOME_PASSWORD:
      return " (password)";
    case v1::CAUSE_BECOME_NOT_ALLOWED:
      return " (not allowed)";
    case v1::CAUSE_BECOME_UNAVAILABLE:
      return " (not possible)";
    default:
      return "";
  }
}

ExitCode ExitCodeOf(v1::HostState state) {
  switch (EndKindOf(state).value_or(EndKind::kFailed)) {
    case EndKind::kWell:
      return kSuccess;
    case EndKind::kUnreached:
      return kNotReached;
    case EndKind::kUnknown:
      return kUnknownOutcome;
    case EndKind::kFailed:
    case EndKind::kNotRun:
      return kCommandFailed;
  }
  return kCommandFailed;
}

// By the names of RFC 4254, 6.10, which sigabbrev_np has, too.
int NumberOfSignal(const std::string& name) {
  for (int number = 1; number < NSIG; ++number) {
    const char* known = sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return 0;
}

int CommandCode(const v1::HostOutcome& outcome) {
  constexpr int kMost = 255;
  if (outcome.state() == v1::HOST_STATE_EXITED_NONZERO) {
    return outcome.exit_code() > 0 ? std::min(outcome.exit_code(), kMost) : kMost;
  }
  const int number =
      outcome.state() == v1::HOST_STATE_SIGNALED ? NumberOfSignal(outcome.signal()) : 0;
  return number > 0 ? 128 + number : kMost;
}

constexpr size_t kMaxMessages = 3;  // of a group, before only one of them is an example
constexpr size_t kMessageIndent = 6;

// Hosts that ended alike.
struct Group {
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> messages;  // with the hosts that have them
};

// What is the run's message has been told.
std::string MessageOf(const v1::HostOutcome& outcome, const v1::Run& run) {
  return outcome.message() == run.message() ? "" : MessageBeside(outcome);
}

void AppendMessages(const Group& group, size_t columns, std::string* to) {
  if (group.messages.size() > kMaxMessages) {
    const auto& first = *group.messages.begin();
    absl::StrAppend(to, WrapWords(absl::StrCat("such as ", first.second.front(), ": ", first.first),
                                  kMessageIndent, columns));
    return;
  }
  for (const auto& [message, names] : group.messages) {
    if (message.empty()) continue;
    const bool all = names.size() == group.names.size();
    absl::StrAppend(to, WrapWords(absl::StrCat(all ? "" : FoldNodeSet(names) + ": ", message),
                                  kMessageIndent, columns));
  }
}

void AppendGroup(const std::string& reason, const Group& group, size_t columns, std::string* to) {
  absl::StrAppend(to, "  ", FoldNodeSet(group.names));
  if (group.names.size() > 1) absl::StrAppend(to, " (", group.names.size(), ")");
  absl::StrAppend(to, ": ", reason, "\n");
  AppendMessages(group, columns, to);
}

void AddTo(const RunView& view, absl::string_view before,
           const std::vector<RunView::Failure>& failures, std::map<std::string, Group>* groups) {
  for (const RunView::Failure& failure : failures) {
    Group& group = (*groups)[absl::StrCat(before, ShortOutcome(failure.outcome))];
    const std::string name = view.LabelOf(failure.host_index);
    group.messages[MessageOf(failure.outcome, view.run())].push_back(name);
    group.names.push_back(name);
  }
}

// Its own length, once it has ended; else how long we have been looking.
absl::Duration LengthOf(const v1::Run& run, absl::Duration elapsed) {
  return run.has_create_time() && run.has_end_time() ? TimeOf(run.end_time()) - CreateTimeOf(run)
                                                     : elapsed;
}

// How to go on, where something did not succeed.
void AppendNext(const RunView& view, std::string* to) {
  const std::string id = Visible(view.run().id());
  if (!IsTerminal(view.run().state())) {
    absl::StrAppend(to, "  see its end: muster watch ", id, "\n");
  } else if (view.run().state() != v1::RUN_STATE_SUCCEEDED) {
    const bool unknown = view.CountOf(v1::HOST_STATE_OUTCOME_UNKNOWN) > 0;
    // The input that its commands were given is not kept.
    const bool again = view.run().spec().input() != v1::RUN_INPUT_STREAM;
    if (!again && !view.failures_wrote()) return;
    if (!again) {
      absl::StrAppend(to, "  what they wrote: muster logs ", id, " HOST\n");
      return;
    }
    absl::StrAppend(to, "  again on these: muster rerun ", id,
                    unknown ? " --failed --unreached --not-started, and --unknown where the "
                              "command may run a second time"
                            : "");
    if (view.failures_wrote()) {
      absl::StrAppend(to, "; what they wrote: muster logs ", id, " HOST");
    }
    absl::StrAppend(to, "\n");
  }
}

}  // namespace

uint32_t ExitStatusOf(const v1::HostOutcome& outcome) {
  if (outcome.exit_status() > 0) return outcome.exit_status();
  return static_cast<uint32_t>(outcome.exit_code());  // of an older daemon
}

std::string MessageBeside(const v1::HostOutcome& outcome) {
  const bool says_all = outcome.state() == v1::HOST_STATE_EXITED_NONZERO ||
                        outcome.state() == v1::HOST_STATE_SIGNALED;
  return says_all ? "" : Visible(outcome.message());
}

std::string ShortOutcome(const v1::HostOutcome& outcome) {
  const absl::string_view reason = Reason(outcome.cause());
  const absl::string_view left = outcome.end_confirmed() ? "" : ", may still be running";
  switch (outcome.state()) {
    case v1::HOST_STATE_SUCCEEDED:
      return "succeeded";
    case v1::HOST_STATE_EXITED_NONZERO:
      return absl::StrCat("exited with code ", ExitStatusOf(outcome));
    case v1::HOST_STATE_SIGNALED:
      return absl::StrCat("ended by signal ", Visible(outcome.signal()),
                          outcome.core_dumped() ? " (core dumped)" : "");
    case v1::HOST_STATE_UNREACHABLE:
      return absl::StrCat("unreachable", reason);
    case v1::HOST_STATE_THROTTLED:
      return absl::StrCat("turned away by the server",
                          reason.empty() ? " (too many logins at once)" : reason);
    case v1::HOST_STATE_HOST_KEY_REJECTED:
      return absl::StrCat("host key rejected", reason);
    case v1::HOST_STATE_AUTHENTICATION_FAILED:
      return absl::StrCat("login refused", reason);
    case v1::HOST_STATE_CONNECT_TIMEOUT:
      return absl::StrCat("connect timeout", reason);
    case v1::HOST_STATE_IDLE_TIMEOUT:
      return absl::StrCat("idle timeout", reason, left);
    case v1::HOST_STATE_COMMAND_TIMEOUT:
      return absl::StrCat("command timeout", reason, left);
    case v1::HOST_STATE_CANCELED:
      return absl::StrCat("canceled", reason, left);
    case v1::HOST_STATE_OUTCOME_UNKNOWN:
      return absl::StrCat("UNKNOWN", reason, ": it may have run wholly, in part, or not at all");
    case v1::HOST_STATE_NOT_STARTED:
      return absl::StrCat("not started", reason);
    case v1::HOST_STATE_SKIPPED:
      return absl::StrCat("skipped", reason);
    case v1::HOST_STATE_BECOME_FAILED:
      return absl::StrCat("did not become the other user", reason);
    default:
      return absl::StrCat("state ", static_cast<int>(outcome.state()));
  }
}

ExitCode ExitCodeOf(const RunView& view) {
  ExitCode worst = kSuccess;  // 5, 3, 1: the greater is the worse
  for (const RunView::Failure& failure : view.failures()) {
    worst = std::max(worst, ExitCodeOf(failure.outcome.state()));
  }
  const v1::RunState state = view.run().state();
  if (!IsTerminal(state)) return worst;
  for (const v1::HostStateCount& count : view.run().host_state_counts()) {
    worst = std::max(worst, ExitCodeOf(count.state()));
  }
  // Such as a failed probe.
  return state == v1::RUN_STATE_SUCCEEDED ? worst : std::max(worst, kCommandFailed);
}

int LargestCommandCode(const RunView& view) {
  int largest = 0;
  for (const RunView::Failure& failure : view.failures()) {
    largest = std::max(largest, CommandCode(failure.outcome));
  }
  return largest;
}

ExitCode ExitCodeOf(const absl::Status& status, bool run_begun) {
  if (status.ok()) return kSuccess;
  if (run_begun) return kUnknownOutcome;
  if (absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status)) return kDenied;
  if (absl::IsUnavailable(status)) return kNoDaemon;
  return kUsage;
}

absl::Time CreateTimeOf(const v1::Run& run) { return TimeOf(run.create_time()); }

std::string SummaryOf(const RunView& view, absl::Duration elapsed, size_t columns) {
  std::map<std::string, Group> groups;
  AddTo(view, "", view.failures(), &groups);
  AddTo(view, "succeeded; its probe: ", view.failed_probes(), &groups);
  std::string text = absl::StrCat(view.hosts(), view.hosts() == 1 ? " host: " : " hosts: ",
                                  view.CountOf(v1::HOST_STATE_SUCCEEDED), " succeeded");
  if (view.failed() > 0) absl::StrAppend(&text, ", ", view.failed(), " did not");
  if (const size_t probes = view.failed_probes().size(); probes > 0) {
    absl::StrAppend(&text, ", the probe failed on ", probes);
  }
  const double seconds = absl::ToDoubleSeconds(LengthOf(view.run(), elapsed));
  absl::StrAppendFormat(&text, ", in %.1f s", std::max(seconds, 0.0));
  if (!view.run().id().empty()) absl::StrAppend(&text, " (run ", Visible(view.run().id()), ")");
  absl::StrAppend(&text, "\n");
  for (const auto& [reason, group] : groups) AppendGroup(reason, group, columns, &text);
  if (!view.run().id().empty()) AppendNext(view, &text);
  return text;
}

}  // namespace muster::client
