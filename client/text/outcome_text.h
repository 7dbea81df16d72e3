// Outcomes for people and scripts.
#ifndef CLIENT_TEXT_OUTCOME_TEXT_H_
#define CLIENT_TEXT_OUTCOME_TEXT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/library/run_view.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run_service.pb.h"

namespace muster::client {

// What muster ends with; documented for users in kExitCodesText.
enum ExitCode {
  kSuccess = 0,
  kCommandFailed = 1,
  kUsage = 2,
  kNotReached = 3,
  kDenied = 4,
  kUnknownOutcome = 5,
  kFilesIncomplete = 6,
  kNoDaemon = 7,
  kInterrupted = 130,  // 128 and the signal's number, as a shell has it: SIGINT
};

// How its command ended, where it has an exit code: up to 2^32-1.
uint32_t ExitStatusOf(const v1::HostOutcome& outcome);

// "exited with code 3", "unreachable (refused)", without the host and the message.
std::string ShortOutcome(const v1::HostOutcome& outcome);
// The host's message, printable, to be told beside that; empty where that says all.
std::string MessageBeside(const v1::HostOutcome& outcome);

// What is the worst of the run, in the order 5, 3, 1: as the daemon counts it once the run has
// ended, also for who saw a part of it.
ExitCode ExitCodeOf(const RunView& view);
// For -S: the largest exit code of the commands, as a shell has it: at most 255, 128 and its number
// for a signal, 255 for a host that ended in another way.
int LargestCommandCode(const RunView& view);
// Of a call that failed. Once a run has begun, not to know its end is kUnknownOutcome.
ExitCode ExitCodeOf(const absl::Status& status, bool run_begun);

// When it was made, by the daemon's clock.
absl::Time CreateTimeOf(const v1::Run& run);

// "20 hosts: 18 succeeded, 2 did not, in 1.3 s (run 1m8...)", for each reason the hosts of which it
// holds, messages once with the hosts that share them, and how to go on. `elapsed` counts where the
// run has not ended. Messages are broken into lines of `columns`; 0: they are not.
std::string SummaryOf(const RunView& view, absl::Duration elapsed, size_t columns);

}  // namespace muster::client

#endif  // CLIENT_TEXT_OUTCOME_TEXT_H_
