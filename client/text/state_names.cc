#include "client/text/state_names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace muster::client {
namespace {

std::string Lower(const std::string& name, absl::string_view prefix) {
  return absl::AsciiStrToLower(name.substr(std::min(name.size(), prefix.size())));
}

std::string Upper(absl::string_view prefix, absl::string_view word) {
  return absl::StrCat(prefix, absl::AsciiStrToUpper(absl::StrReplaceAll(word, {{"-", "_"}})));
}

absl::optional<EndKind> GroupOf(absl::string_view word) {
  if (word == "failed") return EndKind::kFailed;
  if (word == "unreached") return EndKind::kUnreached;
  return absl::nullopt;
}

void AddStatesOf(EndKind kind, std::vector<v1::HostState>* states) {
  const google::protobuf::EnumDescriptor& all = *v1::HostState_descriptor();
  for (int i = 0; i < all.value_count(); ++i) {
    const auto state = static_cast<v1::HostState>(all.value(i)->number());
    if (EndKindOf(state) == kind) states->push_back(state);
  }
}

template <typename State>
std::vector<std::string> Names(const google::protobuf::EnumDescriptor& states) {
  std::vector<std::string> names;
  for (int i = 1; i < states.value_count(); ++i) {
    names.push_back(StateName(static_cast<State>(states.value(i)->number())));
  }
  return names;
}

absl::Status NoState(absl::string_view word, const std::vector<std::string>& names) {
  return absl::InvalidArgumentError(
      absl::StrCat("\"", word, "\" is no state; there are ", absl::StrJoin(names, ", ")));
}

absl::Status AddHostState(absl::string_view word, std::vector<v1::HostState>* states) {
  if (const absl::optional<EndKind> group = GroupOf(word)) {
    AddStatesOf(*group, states);
    return absl::OkStatus();
  }
  v1::HostState state = v1::HOST_STATE_UNSPECIFIED;
  if (word == "unknown") word = "outcome_unknown";
  if (v1::HostState_Parse(Upper("HOST_STATE_", word), &state) && state != 0) {
    states->push_back(state);
    return absl::OkStatus();
  }
  std::vector<std::string> names = Names<v1::HostState>(*v1::HostState_descriptor());
  names.insert(names.begin(), {"failed", "unreached"});
  return NoState(word, names);
}

}  // namespace

std::string StateName(v1::HostState state) {
  if (state == v1::HOST_STATE_OUTCOME_UNKNOWN) return "unknown";
  if (!v1::HostState_IsValid(state)) return absl::StrCat("state_", static_cast<int>(state));
  return Lower(v1::HostState_Name(state), "HOST_STATE_");
}

absl::optional<EndKind> EndKindOf(v1::HostState state) {
  switch (state) {
    case v1::HOST_STATE_SUCCEEDED:
    case v1::HOST_STATE_SKIPPED:
      return EndKind::kWell;
    case v1::HOST_STATE_EXITED_NONZERO:
    case v1::HOST_STATE_SIGNALED:
    case v1::HOST_STATE_IDLE_TIMEOUT:
    case v1::HOST_STATE_COMMAND_TIMEOUT:
    case v1::HOST_STATE_CANCELED:
      return EndKind::kFailed;
    case v1::HOST_STATE_UNREACHABLE:
    case v1::HOST_STATE_THROTTLED:
    case v1::HOST_STATE_HOST_KEY_REJECTED:
    case v1::HOST_STATE_AUTHENTICATION_FAILED:
    case v1::HOST_STATE_CONNECT_TIMEOUT:
    case v1::HOST_STATE_BECOME_FAILED:
      return EndKind::kUnreached;
    case v1::HOST_STATE_OUTCOME_UNKNOWN:
      return EndKind::kUnknown;
    case v1::HOST_STATE_NOT_STARTED:
      return EndKind::kNotRun;
    default:
      return absl::nullopt;
  }
}

std::string StateWords(v1::HostState state) {
  switch (state) {
    case v1::HOST_STATE_AUTHENTICATING:
      return "logging in";
    case v1::HOST_STATE_EXITED_NONZERO:
      return "exited with a code";
    case v1::HOST_STATE_SIGNALED:
      return "ended by a signal";
    case v1::HOST_STATE_THROTTLED:
      return "turned away by the server";
    case v1::HOST_STATE_AUTHENTICATION_FAILED:
      return "login refused";
    case v1::HOST_STATE_BECOME_FAILED:
      return "did not become the other user";
    default:
      return absl::StrReplaceAll(StateName(state), {{"_", " "}});
  }
}

std::string StateName(v1::RunState state) {
  if (!v1::RunState_IsValid(state)) return absl::StrCat("state_", static_cast<int>(state));
  return Lower(v1::RunState_Name(state), "RUN_STATE_");
}

absl::StatusOr<std::vector<v1::HostState>> ParseHostStates(absl::string_view text) {
  std::vector<v1::HostState> states;
  if (text.empty()) return states;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    const absl::Status status = AddHostState(word, &states);
    if (!status.ok()) return status;
  }
  return states;
}

absl::StatusOr<std::vector<v1::RunState>> ParseRunStates(absl::string_view text) {
  std::vector<v1::RunState> states;
  if (text.empty()) return states;
  for (const absl::string_view word : absl::StrSplit(text, ',')) {
    v1::RunState state = v1::RUN_STATE_UNSPECIFIED;
    if (!v1::RunState_Parse(Upper("RUN_STATE_", word), &state) || state == 0) {
      return NoState(word, Names<v1::RunState>(*v1::RunState_descriptor()));
    }
    states.push_back(state);
  }
  return states;
}

}  // namespace muster::client
