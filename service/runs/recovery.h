// What is done at start with the runs that an earlier daemon left behind.
#ifndef SERVICE_RUNS_RECOVERY_H_
#define SERVICE_RUNS_RECOVERY_H_

#include "absl/status/status.h"
#include "service/prepare/run_preparer.h"
#include "service/runs/run_starter.h"
#include "service/store/run_store.h"

namespace muster::service {

// Each of them is closed, hosts that were started as OUTCOME_UNKNOWN and the others as NOT_STARTED,
// and has failed, or, where the run asks for it, continued with the hosts that were certainly not
// started. One whose log is damaged is closed as well, and says so; only where the damage has its
// hosts' names it is left as it is, with a word in the daemon's log. Blocks; once, before anybody
// calls.
absl::Status Recover(const RunStore& store, const RunPreparer& preparer, RunStarter* starter);

}  // namespace muster::service

#endif  // SERVICE_RUNS_RECOVERY_H_
