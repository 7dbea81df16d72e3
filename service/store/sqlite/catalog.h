// The catalogue of runs: what is kept of them besides their logs.
#ifndef SERVICE_STORE_SQLITE_CATALOG_H_
#define SERVICE_STORE_SQLITE_CATALOG_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "service/store/run_store.h"
#include "service/store/segments/log_end.h"
#include "service/store/sqlite/sqlite_database.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

// What a commit says of the runs' logs.
struct CommittedLogs {
  std::vector<uint64_t> ended_at;  // the last sequence of each ended run's
  std::vector<LogEnd> ends;        // to be kept
  bool drop_ends = false;          // all that were kept before: they are durable in their files
};

// Writes: one thread; reads: any, one at a time, beside a write. Errors are RunStore's and
// Database's.
class Catalog {
 public:
  // Makes it, or brings it up to date, and takes it over with a new fence. `vfs`: Database's.
  static absl::StatusOr<std::unique_ptr<Catalog>> Open(const std::string& path,
                                                       const std::string& vfs);

  Fence fence() const { return fence_; }

  // ABORTED where `fence` is not the newest.
  absl::Status CheckFence(Fence fence);
  absl::Status Commit(Fence fence, const JournalCommit& commit, const CommittedLogs& logs);
  // Those that commits have kept.
  absl::StatusOr<std::vector<LogEnd>> LogEnds() const;
  // FAILED_PRECONDITION: it has not ended. Fine where there is none.
  absl::Status Forget(Fence fence, absl::string_view run_id);

  absl::StatusOr<std::vector<std::string>> Ids() const;  // of all runs, ascending
  absl::StatusOr<size_t> CountRuns() const;
  // Without last_sequence and damage.
  absl::StatusOr<std::vector<UnfinishedRun>> Unfinished() const;
  absl::StatusOr<absl::optional<NewRun>> Find(absl::string_view id) const;
  absl::StatusOr<absl::optional<NewRun>> FindRequest(absl::string_view creator,
                                                     absl::string_view request_id) const;
  absl::StatusOr<std::vector<ListedRun>> List(const RunQuery& query) const;
  absl::StatusOr<absl::optional<OldRun>> OldestAfter(RunNumber after) const;
  absl::StatusOr<std::vector<v1::HostResult>> Results(
      absl::string_view run_id, uint32_t first, uint32_t limit,
      const std::vector<v1::HostState>& states) const;
  // The last sequence of its log; none where it has not ended. NOT_FOUND.
  absl::StatusOr<absl::optional<uint64_t>> EndOf(absl::string_view run_id) const;

 private:
  Catalog(std::unique_ptr<Database> writer, std::unique_ptr<Database> reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}
  absl::Status TakeOver();
  absl::Status Add(const NewRun& run);
  absl::Status Start(const Starting& starting);
  absl::Status End(const EndedRun& ended, uint64_t ended_at);
  absl::Status KeepEnd(const LogEnd& end);
  absl::Status AddResults(int64_t number, absl::Span<const v1::HostResult> results);
  // The number of a run that has not ended. NOT_FOUND, FAILED_PRECONDITION.
  absl::StatusOr<int64_t> Unended(absl::string_view run_id);
  absl::Status AddStarted(int64_t number, std::vector<uint32_t>* hosts) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<absl::optional<NewRun>> ReadRun(Query* query) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<Database> writer_;  // the writing thread's
  mutable Mutex mutex_;
  const std::unique_ptr<Database> reader_ ABSL_PT_GUARDED_BY(mutex_);
  Fence fence_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_SQLITE_CATALOG_H_
