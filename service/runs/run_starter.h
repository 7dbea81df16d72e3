// How runs begin, and how all of them end with the daemon.
#ifndef SERVICE_RUNS_RUN_STARTER_H_
#define SERVICE_RUNS_RUN_STARTER_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "muster/v1/run_service.pb.h"
#include "service/access/caller.h"
#include "service/prepare/run_preparer.h"
#include "service/runs/activity.h"
#include "service/runs/run_request.h"
#include "service/runs/runs.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/helper_pool.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// Counts the runs under way: those that it has begun, until the owner of the runs says that they
// are over. Thread-safe. What blocks (files, keys, the disk) is for threads that may.
class RunStarter {
 public:
  // Where the input of runs is kept, and who reads it there.
  struct InputPlace {
    std::string folder;
    HelperPool* helpers = nullptr;
  };

  // All must outlive it.
  RunStarter(const RunStore* store, const RunPreparer* preparer, Runs* runs, Activity* activity,
             InputPlace inputs)
      : store_(store),
        preparer_(preparer),
        runs_(runs),
        activity_(activity),
        inputs_(std::move(inputs)) {}

  // Whether the caller still waits. Asked once a run is prepared, which may take long: where not,
  // nothing is started.
  using Waits = absl::FunctionRef<bool()>;

  // Errors as CreateRun documents them. Blocks.
  absl::StatusOr<RunRef> Start(const Caller& caller, const v1::RunSpec& spec,
                               const std::string& request_id, Waits waits);
  // What that run would be: no id, and nothing is started. Blocks.
  absl::StatusOr<v1::Run> Validate(const Caller& caller, const v1::RunSpec& spec) const;
  // Errors as RerunHosts documents them. Blocks.
  absl::StatusOr<RunRef> Rerun(const Caller& caller, const v1::RerunHostsRequest& request,
                               Waits waits);

  // A run of an earlier daemon, which is under way from now on, and has to be begun or closed.
  std::shared_ptr<Run> Adopt(std::string id, RunPlan plan, const RunPast& past);

  // Of each run that has begun, once. Does not block.
  void OnOver(const Run& run);

  // From now on no host is started: runs that are made nevertheless are closed, and those under way
  // are canceled, or left to the next daemon where they ask for that. Returns when they are over,
  // at the latest after `patience`.
  void Stop(std::chrono::milliseconds patience);

 private:
  using Prepare = absl::FunctionRef<absl::StatusOr<PreparedRun>()>;

  // The run that the same request has made, else a new one.
  absl::StatusOr<RunRef> StartOnce(const RunRequest& request, Prepare prepare, Waits waits);
  absl::StatusOr<PreparedRun> PrepareRerun(const Caller& caller,
                                           const v1::RerunHostsRequest& request) const;
  void Begin(Run* run, PreparedRun* prepared, std::shared_ptr<RunInput> input);
  void NoteBegun(const Run& run);
  void WaitUntilOver(std::chrono::steady_clock::time_point end);
  absl::StatusOr<std::vector<v1::RunHost>> HostsToRerun(const RunRef& run,
                                                        const std::vector<int>& states) const;
  // What RerunHostsRequest.login says of a run's spec and hosts.
  void TakeLogin(const v1::Login& login, v1::RunSpec* spec, std::vector<v1::RunHost>* hosts) const;

  const RunStore* const store_;
  const RunPreparer* const preparer_;
  Runs* const runs_;
  Activity* const activity_;
  const InputPlace inputs_;
  RequestTurns turns_;
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  int under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  std::condition_variable all_over_;
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUN_STARTER_H_
