// A store in memory, for tests: it forgets what was not durable when it is told to.
#ifndef SERVICE_STORE_MEMORY_RUN_STORE_H_
#define SERVICE_STORE_MEMORY_RUN_STORE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/store/run_store.h"
#include "ssh_engine/base/mutex.h"

namespace muster::service {

enum class StoreWrite { kCommit, kAppend, kSync, kForget };

// What stores, one after the other, keep their runs on. Thread-safe.
class MemoryDisk {
 public:
  // What was not durable is gone. The end of a process is no more than the end of its store.
  void LosePower();

  // Asked before each write, with its kind; anything but OK is the write's answer, and nothing
  // changes. Called with the disk's lock: must not use the disk. Null: nothing fails.
  using Fault = std::function<absl::Status(StoreWrite)>;
  void SetFault(Fault fault);
  // The log of this run alone cannot be written; OK: it can.
  void SetLogFault(const std::string& run_id, absl::Status status);

  // The log of a run is damaged from the event `sequence` on, which can be read no more.
  void Damage(const std::string& run_id, uint64_t sequence);
  // The log of a run has gone.
  void RemoveLog(const std::string& run_id);

  // How many writes of a kind have been made.
  size_t writes(StoreWrite kind) const;

 private:
  friend class MemoryRunStore;

  struct Block {
    uint64_t first_sequence;
    uint32_t count;
    std::string bytes;
  };
  struct Log {
    std::vector<Block> blocks;
    size_t synced = 0;     // blocks
    uint64_t damaged = 0;  // 0: nowhere
    void Sync() { synced = blocks.size(); }
    uint64_t last_sequence() const {
      return blocks.empty() ? 0 : blocks.back().first_sequence + blocks.back().count - 1;
    }
  };
  struct Record {
    NewRun run;
    RunNumber number = 0;
    bool ended = false;
    std::vector<uint32_t> started;
    std::vector<v1::HostResult> results;
  };
  using Runs = std::map<std::string, Record, std::less<>>;
  using Logs = std::map<std::string, Log, std::less<>>;

  mutable Mutex mutex_;
  Fence fence_ ABSL_GUARDED_BY(mutex_) = 0;
  Runs runs_ ABSL_GUARDED_BY(mutex_);
  Logs logs_ ABSL_GUARDED_BY(mutex_);
  Fault fault_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, absl::Status> log_faults_ ABSL_GUARDED_BY(mutex_);
  std::map<StoreWrite, size_t> writes_ ABSL_GUARDED_BY(mutex_);
};

class MemoryRunStore : public RunStore {
 public:
  // Takes the disk over: the stores before it can write no more.
  explicit MemoryRunStore(std::shared_ptr<MemoryDisk> disk);

  Fence fence() const override { return fence_; }
  absl::Status Commit(Fence fence, const JournalCommit& commit) override;
  absl::Status Append(Fence fence, absl::string_view run_id,
                      absl::Span<const LogBlock> blocks) override;
  absl::Status Sync(Fence fence) override;
  absl::Status Forget(Fence fence, absl::string_view run_id) override;
  absl::StatusOr<StoreUsage> Usage() const override;
  absl::StatusOr<size_t> CountRuns() const override;
  absl::StatusOr<std::vector<UnfinishedRun>> Unfinished() const override;
  absl::StatusOr<absl::optional<NewRun>> Find(absl::string_view id) const override;
  absl::StatusOr<absl::optional<NewRun>> FindRequest(absl::string_view creator,
                                                     absl::string_view request_id) const override;
  absl::StatusOr<std::vector<ListedRun>> List(const RunQuery& query) const override;
  absl::StatusOr<absl::optional<OldRun>> OldestAfter(RunNumber after) const override;
  absl::StatusOr<std::vector<v1::HostResult>> Results(
      absl::string_view run_id, uint32_t first, uint32_t limit,
      const std::vector<v1::HostState>& states) const override;
  absl::StatusOr<LogPart> Read(absl::string_view run_id, uint64_t after,
                               size_t max_bytes) const override;

 private:
  // Oldest first.
  std::vector<const MemoryDisk::Record*> InOrder() const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mutex_);
  absl::Status Admit(StoreWrite kind, Fence fence) ABSL_EXCLUSIVE_LOCKS_REQUIRED(disk_->mutex_);

  const std::shared_ptr<MemoryDisk> disk_;
  Fence fence_ = 0;
};

}  // namespace muster::service

#endif  // SERVICE_STORE_MEMORY_RUN_STORE_H_
