// Where runs are kept for good: their log, what was started, how they ended.
#ifndef SERVICE_STORE_RUN_STORE_H_
#define SERVICE_STORE_RUN_STORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"
#include "muster/v1/host.pb.h"
#include "muster/v1/run.pb.h"

namespace muster::service {

// Grows with each daemon that takes the store over. A write with a fence that is not the newest is
// ABORTED: its daemon has been replaced, and must start nothing more.
using Fence = uint64_t;

// A run as it is when it is made. A value.
struct NewRun {
  v1::Run run;  // without secrets, without host_count's hosts: they are in the log
  std::string request_id;
  // Any bytes, no text: of the request that made it (RequestDigest); empty: not known.
  std::string request_digest;
};

// Events of one run that follow each other, encoded as `repeated Event events = 1` (event_block.h).
struct LogBlock {
  uint64_t first_sequence = 0;
  uint32_t count = 0;
  absl::string_view bytes;
};

// Hosts whose command is about to be requested.
struct Starting {
  std::string run_id;
  std::vector<uint32_t> host_indexes;
};

// A run that is over.
struct EndedRun {
  v1::Run run;
  std::vector<v1::HostResult> results;  // of all hosts, in order
};

// What a group commit makes durable, all of it or nothing.
struct JournalCommit {
  std::vector<NewRun> added;
  std::vector<Starting> starting;
  std::vector<EndedRun> ended;
};

// A run that has no end in the store.
struct UnfinishedRun {
  v1::Run run;  // as it was made
  std::string request_id;
  std::string request_digest;
  std::vector<uint32_t> started;  // hosts, ascending: their command may have been requested
  uint64_t last_sequence = 0;     // of the log, once its torn end is cut off
  // Empty, or which file of the log is damaged and where: to read on over that place is DATA_LOSS.
  // The log can be appended to all the same, and what follows the damage can be read.
  std::string damage;
};

// In the order of creation, whatever the clock said: later runs have greater ones. The store's.
using RunNumber = int64_t;

// A run, as it ended or as it was made.
struct ListedRun {
  v1::Run run;
  RunNumber number = 0;
};

// Which runs. Empty and unset fields mean all.
struct RunQuery {
  RunNumber before = INT64_MAX;  // only older ones
  std::string id_prefix;
  std::string creator;
  std::vector<v1::RunState> states;
  std::map<std::string, std::string> labels;
  std::string command_contains;
  absl::Time created_after = absl::InfinitePast();
  absl::Time created_before = absl::InfiniteFuture();
  size_t limit = SIZE_MAX;
  size_t max_bytes = SIZE_MAX;  // no more once those that were found have so many
};

// A part of a run's log: whole events, in order.
struct LogPart {
  std::string bytes;  // `repeated Event events = 1`
  uint64_t last_sequence = 0;
  bool more = false;  // there is more in the store already
};

// A run that is over.
struct OldRun {
  std::string id;
  absl::Time create_time;
  RunNumber number = 0;
};

// How much is kept.
struct StoreUsage {
  uint64_t bytes = 0;                     // of all files
  uint64_t free_disk_bytes = UINT64_MAX;  // that this process may use; as it is: there is no disk
};

// A store of runs. Every call may block on the disk or on a server, so none is for a loop or a gRPC
// thread.
//
// Writes come from one thread. Errors of all of them:
//   ABORTED             another daemon has taken the store over
//   RESOURCE_EXHAUSTED  no space, or quota; the same call may succeed later
//   UNAVAILABLE         an input/output error; the same call may succeed later
// A write that fails has changed nothing. Reads may come from any thread, also during a write, and
// see what was written before.
class RunStore {
 public:
  virtual ~RunStore() = default;

  // The newest fence, which this store object took over with.
  virtual Fence fence() const = 0;

  // Durable on return: survives the loss of power. Before a run's end, its log is made so, too; and
  // what an added run's log has by then, for it names the hosts.
  // ALREADY_EXISTS: a run of the same creator with the same request_id, where that is not empty, or
  // with the same id.
  virtual absl::Status Commit(Fence fence, const JournalCommit& commit) = 0;

  // Survives the end of the process at once, the loss of power after the next Sync, or once the
  // store has been opened again. Blocks must follow what the run's log has: OUT_OF_RANGE
  // otherwise, for that is our own mistake. A log may
  // begin before its run is committed; one whose run never is, is gone at the next start.
  // FAILED_PRECONDITION: the run has ended; so its last event comes before the Commit of its end.
  virtual absl::Status Append(Fence fence, absl::string_view run_id,
                              absl::Span<const LogBlock> blocks) = 0;

  // Makes all that was appended durable.
  virtual absl::Status Sync(Fence fence) = 0;

  // Removes an ended run and its log. A part that is being read stays readable.
  virtual absl::Status Forget(Fence fence, absl::string_view run_id) = 0;

  // --- Reads. DATA_LOSS: damaged; the text says which file and where. UNAVAILABLE as above.

  virtual absl::StatusOr<StoreUsage> Usage() const = 0;
  // Looks at each.
  virtual absl::StatusOr<size_t> CountRuns() const = 0;
  // Oldest first.
  virtual absl::StatusOr<std::vector<UnfinishedRun>> Unfinished() const = 0;
  // As it ended, or as it was made; none where there is no such run.
  virtual absl::StatusOr<absl::optional<NewRun>> Find(absl::string_view id) const = 0;
  virtual absl::StatusOr<absl::optional<NewRun>> FindRequest(
      absl::string_view creator, absl::string_view request_id) const = 0;
  // Newest first.
  virtual absl::StatusOr<std::vector<ListedRun>> List(const RunQuery& query) const = 0;
  // The oldest of the runs that are over and come after `after` (0: of all); none where there is no
  // more. What it costs does not grow with the number of runs.
  virtual absl::StatusOr<absl::optional<OldRun>> OldestAfter(RunNumber after) const = 0;
  // Results of an ended run: at most `limit` from host `first` on that are in one of `states`
  // (empty: any), in order. NOT_FOUND: no such run, or it has not ended.
  virtual absl::StatusOr<std::vector<v1::HostResult>> Results(
      absl::string_view run_id, uint32_t first, uint32_t limit,
      const std::vector<v1::HostState>& states) const = 0;
  // What follows after the event `after`: whole blocks up to some `max_bytes`, at least one, the
  // first cut where `after` lies within it; empty where the log has no more. NOT_FOUND: no such
  // run.
  virtual absl::StatusOr<LogPart> Read(absl::string_view run_id, uint64_t after,
                                       size_t max_bytes) const = 0;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_RUN_STORE_H_
