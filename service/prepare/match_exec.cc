#include "service/prepare/match_exec.h"

#include <poll.h>
#include <string.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "service/prepare/proxy_command.h"
#include "ssh_engine/base/child_process.h"

namespace muster::service {
namespace {

using Clock = std::chrono::steady_clock;  // somebody may set the other one meanwhile

absl::Status Failure(const std::string& command, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("Match exec \"", command, "\" ", why));
}

// False: it has not ended by then.
bool AwaitEnd(const engine::ChildProcess& process, absl::Duration limit) {
  const Clock::time_point begin = Clock::now();
  while (true) {
    const absl::Duration left = limit - absl::FromChrono(Clock::now() - begin);
    if (left <= absl::ZeroDuration()) return false;
    pollfd poller = {process.pidfd(), POLLIN, 0};
    if (poll(&poller, 1, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1) > 0) return true;
  }
}

}  // namespace

absl::StatusOr<bool> MatchExec::Run(const std::string& command) {
  if (absl::Status names = CheckShellNames(query_); !names.ok()) return names;
  const auto known = known_.find(command);
  if (known != known_.end()) return known->second;
  const Clock::time_point begin = Clock::now();
  absl::StatusOr<bool> succeeded = RunNow(command);
  spent_ += absl::FromChrono(Clock::now() - begin);
  if (succeeded.ok()) known_[command] = *succeeded;
  return succeeded;
}

absl::StatusOr<bool> MatchExec::RunNow(const std::string& command) {
  const absl::Duration left = std::min(limits_.each, limits_.all - spent_);
  if (left <= absl::ZeroDuration()) {
    return Failure(command, absl::StrCat("was not run: those of other hosts have taken ",
                                         absl::FormatDuration(limits_.all), " already"));
  }
  const engine::StartedChild child =
      engine::StartChild(command, agent_socket_, engine::ChildStreams::kNothing);
  if (child.process == nullptr) {
    return Failure(command,
                   absl::StrCat("could not be run: ", child.what, ": ", strerror(child.error)));
  }
  if (!AwaitEnd(*child.process, left)) {
    return Failure(command, absl::StrCat("did not end within ",
                                         absl::FormatDuration(absl::Trunc(left, absl::Seconds(1))),
                                         ", and was killed"));
  }
  const absl::optional<engine::ProcessEnd> end = child.process->End();
  if (!end.has_value() || end->by_signal) return Failure(command, "was ended by a signal");
  return end->number == 0;
}

}  // namespace muster::service
