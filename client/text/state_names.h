// States as they are written on command lines and shown to people.
#ifndef CLIENT_TEXT_STATE_NAMES_H_
#define CLIENT_TEXT_STATE_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster::client {

// "exited_nonzero", "running"; "state_99" for one of a newer daemon.
std::string StateName(v1::HostState state);
std::string StateName(v1::RunState state);

// The same for a person, as outcomes are told (ShortOutcome), without their details: "exited with a
// code", "login refused".
std::string StateWords(v1::HostState state);

// How a host that has ended counts: for exit codes, reports, and who is run again.
enum class EndKind {
  kWell,       // the command succeeded, or the host was to be left out
  kFailed,     // the command ran and ended badly, or was ended
  kUnreached,  // before the command: no connection, no trusted key, no login
  kUnknown,    // it may have run
  kNotRun,     // the run was stopped before
};
// Nothing for a state that is no end, or that is not known here.
absl::optional<EndKind> EndKindOf(v1::HostState state);

// "failed,unreached,timeout": states by their names, '-' as good as '_', and
//   failed       EndKind::kFailed (exit code, signal, timeout)
//   unreached    EndKind::kUnreached
// Empty for an empty text. INVALID_ARGUMENT names the word and what there is.
absl::StatusOr<std::vector<v1::HostState>> ParseHostStates(absl::string_view text);
// "paused,failed".
absl::StatusOr<std::vector<v1::RunState>> ParseRunStates(absl::string_view text);

}  // namespace muster::client

#endif  // CLIENT_TEXT_STATE_NAMES_H_
