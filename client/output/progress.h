// How far a run has come, for a person who waits for it.
#ifndef CLIENT_OUTPUT_PROGRESS_H_
#define CLIENT_OUTPUT_PROGRESS_H_

#include <string>

#include "absl/time/time.h"
#include "client/library/run_view.h"

namespace muster::client {

// From when on the hosts that are still running are named.
constexpr absl::Duration kNameAfter = absl::Seconds(3);

// "18/20 done, 1 running, 2 did not succeed, 12 s: waiting for web07; 1 waits for the lock deploy":
// one line, visible. `elapsed`: since the run began.
std::string ProgressText(const RunView& view, absl::Duration elapsed);

// The hosts that are under way, folded; "" where there are none.
std::string BusyHosts(const RunView& view);

// "12 s", "2:05 min", "1:02 h".
std::string ElapsedText(absl::Duration elapsed);

}  // namespace muster::client

#endif  // CLIENT_OUTPUT_PROGRESS_H_
