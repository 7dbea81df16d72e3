// All runs: those under way, in memory, and those that are over, in the store.
#ifndef SERVICE_RUNS_RUNS_H_
#define SERVICE_RUNS_RUNS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/access/caller.h"
#include "service/runs/run.h"
#include "service/runs/run_ends.h"
#include "service/runs/run_request.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// A run, wherever it is. A value.
struct RunRef {
  std::shared_ptr<Run> live;  // null: it is over
  v1::Run stored;             // with live: unset
  std::shared_ptr<WatchedRun> watched() const {
    if (live != nullptr) return live;
    return std::make_shared<StoredRun>(stored);
  }
  v1::Run Snapshot() const { return live != nullptr ? live->Snapshot() : stored; }
  const std::string& id() const { return live != nullptr ? live->id() : stored.id(); }
  const std::string& creator() const {
    return live != nullptr ? live->creator() : stored.creator();
  }
};

// Thread-safe. What it is given must outlive it; it must outlive its runs' hosts.
class Runs {
 public:
  // `on_over`: after a run has left; from the journal's thread, must not block.
  Runs(const RunStore* store, const RunParts& parts, size_t max_active,
       std::function<void(const Run&)> on_over);

  // Makes a run and returns when it is durable. RESOURCE_EXHAUSTED: too many are active, or no room
  // on the disk. ALREADY_EXISTS: its creator has used the request id before. Blocks.
  //
  // `begin` is called for a new run, once, and has to begin or close it. The run is not durable
  // then: hosts are connected to meanwhile, but no command is started before it is, nor where it
  // cannot be: then it is canceled, and over once its hosts are.
  absl::StatusOr<std::shared_ptr<Run>> Create(RunPlan plan, absl::FunctionRef<void(Run&)> begin);
  // The run that the same request has made. ALREADY_EXISTS: its creator has used the id for
  // something else. Blocks.
  absl::StatusOr<absl::optional<RunRef>> FindRequest(const RunRequest& request) const;
  // A run of an earlier daemon, which has to be begun or closed.
  std::shared_ptr<Run> Adopt(std::string id, RunPlan plan, const RunPast& past);

  // NOT_FOUND: there is no such run, or it has been forgotten. Blocks, but where it is live.
  absl::StatusOr<RunRef> Find(absl::string_view id) const;
  // The same to who is not local for the runs of others.
  absl::StatusOr<RunRef> FindFor(const Caller& caller, absl::string_view id) const;
  // Newest first, at most `query.limit` and, but for the first, kMaxPageBytes. Blocks.
  struct Page {
    std::vector<v1::Run> runs;
    bool more = false;   // there may be older ones
    RunNumber last = 0;  // of the last of `runs`
  };
  absl::StatusOr<Page> List(const RunQuery& query) const;
  std::vector<std::shared_ptr<Run>> Live() const;
  // What has ended: a run is told of there before it leaves Live().
  RunEnds* ends() const { return &ends_; }
  // Removes a run that is over, with its log; durable on return. Blocks.
  absl::Status Forget(const std::string& id);

 private:
  using Map = std::map<std::string, std::shared_ptr<Run>, std::less<>>;

  std::shared_ptr<Run> LiveRun(absl::string_view id) const;
  absl::StatusOr<std::shared_ptr<Run>> Reserve(RunPlan plan);
  void Enter(const std::shared_ptr<Run>& run);
  // What the store will say.
  std::future<absl::Status> Write(const std::shared_ptr<Run>& run);
  // Harmless where it has left: one that could not be written is over some time after that.
  void Leave(const std::shared_ptr<Run>& run);
  Run::OnOver WhenOver();

  const RunStore* const store_;
  const RunParts parts_;
  const size_t max_active_;
  const std::function<void(const Run&)> on_over_;
  mutable RunEnds ends_;
  mutable Mutex mutex_;
  Map live_ ABSL_GUARDED_BY(mutex_);
  size_t entering_ ABSL_GUARDED_BY(mutex_) = 0;  // reserved, and not in live_ yet
};

}  // namespace muster::service

#endif  // SERVICE_RUNS_RUNS_H_
